using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Findings;

/// <summary>Threads that the runtime cannot stop: a dump is refused, or called off, and the program goes on.</summary>
public sealed class SuspensionTests
{
    /// <summary>The thread blocks before anybody looks: nothing is stopped.</summary>
    [Theory]
    [InFlavours(Spread.Builds, LooksAt.Stacks)]
    public Task AThreadThatBlocksInAReadIsNamedAndNobodyIsStopped(string flavour) => IsRefusedAsync(flavour, "read", "read");

    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Stacks)]
    public Task SoIsOneThatWaitsInTheCLibrary(string flavour) => IsRefusedAsync(flavour, "semaphore", "futex");

    /// <summary>The thread has the processor all the time: it cannot be told from one that stops, and the suspend is called off.</summary>
    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Stacks)]
    public async Task AThreadThatRunsNativeCodeWithoutEndIsNamedAndTheProgramGoesOn(string flavour)
    {
        await using var target = await StartAsync(flavour, "WeatherStation", "--call", "search");
        using var dumps = new LiveDumps(target);
        Assert.Equal("begun", await target.CommandAsync("measure"));
        int sensor = target.Truth.Named("sensor").OsId;
        await Poll.UntilAsync(() => Kernel.IsRunning(target.Pid, sensor), "the sensor to run", target.Describe);
        // Until it is in the native call it stops like all others.
        SuspensionBlockedException? error = null;
        await Poll.UntilAsync(() => (error = TryTake(dumps)) is not null, "a dump that is called off", target.Describe);
        SuspensionBlocker blocker = Assert.Single(error!.Blockers);
        Assert.Equal((sensor, (string?)null, false, (TimeSpan?)null), (blocker.Thread.OsId.Value, blocker.SystemCall, blocker.IsHeld, blocker.OffCpuTime));
        Assert.InRange(error.StoodStill!.Value, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(3));
        await AssertTicksAsync(target);
        await target.AssertAliveAsync();
    }

    /// <summary>
    /// The thread is seen to come and go, and blocks because of the dump: the one that it waits for has been stopped. That suspend has to be called off;
    /// the thread's calls, of which it knows no failure, do not fail.
    /// </summary>
    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Stacks)]
    public async Task ASuspendThatWouldNotEndIsCalledOffAndNobodyNoticesMore(string flavour)
    {
        const int Most = 20;
        await using var target = await StartAsync(flavour, "Conveyor");
        await Poll.UntilAsync(() => target.ThreadNames.Contains(".NET SigHandler"), "the last of the target's threads", target.Describe);
        using var dumps = new LiveDumps(target);
        SuspensionBlockedException? first = TryTake(dumps);
        string handled = HandledSignals(target.Pid);
        ProcessFigures before = target.Figures;
        var errors = new List<SuspensionBlockedException>();
        for (int i = 0; i < Most && errors.Count < 3; i++)
        {
            if (TryTake(dumps) is { StoodStill: not null } error)
                errors.Add(error);
            await AssertCountsAsync(target, "figures", words => words[0]);
        }
        Assert.Equal(3, errors.Count);
        int packer = target.Truth.Named("packer").OsId;
        Assert.All(errors, error =>
        {
            SuspensionBlocker blocker = Assert.Single(error.Blockers);
            Assert.Equal((packer, "read"), (blocker.Thread.OsId.Value, blocker.SystemCall));
            Assert.InRange(error.StoodStill!.Value, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(3));
            Assert.Contains("and continues.", error.Problem, StringComparison.Ordinal);
        });
        Assert.EndsWith(" 0", await target.CommandAsync("figures"), StringComparison.Ordinal);
        Assert.Equal(handled, HandledSignals(target.Pid));
        await Poll.UntilAsync(() => target.Figures.Threads.Count <= before.Threads.Count, "as many threads as before", target.Describe);
        // The runtime maps assemblies when it first needs them.
        Assert.DoesNotContain(target.Figures.Mappings.Except(before.Mappings), m => !m.EndsWith(".dll", StringComparison.Ordinal));
        Assert.Empty(target.Figures.ProbeMappings);
    }

    /// <summary>Threads that look much the same and can be stopped.</summary>
    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Stacks)]
    public async Task ThreadsThatStopAreNeverRefused(string flavour)
    {
        await using var target = await StartAsync(flavour, "Harbour");
        using var dumps = new LiveDumps(target);
        for (int i = 0; i < 100; i++)
        {
            ThreadDump dump = dumps.Take();
            Assert.All(target.Truth.Threads, t => Assert.NotEmpty(LockTruth.Of(dump, t).Frames));
        }
        Assert.NotEqual("0", await target.CommandAsync("collections"));
        await target.AssertAliveAsync();
    }

    [RequiresPtraceFact]
    public async Task AThreadThatADebuggerHoldsIsNamed()
    {
        await using var target = await StartAsync("optimized", "Spinning");
        using var dumps = new LiveDumps(target);
        int loop = target.Truth.Named("plain loop").OsId;
        using (FrozenThread.ById(loop))
        {
            var error = Assert.Throws<SuspensionBlockedException>(dumps.Take);
            SuspensionBlocker blocker = Assert.Single(error.Blockers);
            Assert.Equal((loop, true, (string?)null), (blocker.Thread.OsId.Value, blocker.IsHeld, blocker.SystemCall));
            Assert.Null(error.StoodStill);
            await target.AssertAliveAsync();
        }
        Assert.All(target.Truth.Threads, t => Assert.NotEmpty(LockTruth.Of(dumps.Take(), t).Frames));
    }

    [Fact]
    public async Task TheToolSaysWhoWithWhatTheKernelKnows()
    {
        await using var target = await StartAsync("net9", "WeatherStation");
        int sensor = await BlockAsync(target, "read");
        ToolResult result = await Tool.RunAsync($"{target.Pid}");
        // How long a thread has waited is not measured if that takes too long on a busy machine.
        for (var deadline = Deadline.In(); !result.RawOutput.Contains(" s, in a native call that", StringComparison.Ordinal) && deadline.Left > TimeSpan.Zero;)
            result = await Tool.RunAsync($"{target.Pid}");
        result.AssertError(15, "The runtime cannot stop the program: \"sensor\" tid=" + sensor, "system call read", "It was not stopped.");
        KernelFacts.AssertIn(result, target);
        Assert.Contains("\nDiagnosis:\n- The runtime cannot stop the program, and the next garbage collection will freeze it", result.RawOutput, StringComparison.Ordinal);
        Assert.Contains($"\n    \"sensor\" #", result.RawOutput, StringComparison.Ordinal);
        Assert.Contains($" tid={sensor} waits in the system call read (", result.RawOutput, StringComparison.Ordinal);
        Assert.Contains(" s, in a native call that blocks the suspension (SuppressGCTransition)\n", result.RawOutput, StringComparison.Ordinal);
        await AssertTicksAsync(target);
    }

    /// <summary>A program that dumps itself says it in one line, and dumps again once it can.</summary>
    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Stacks)]
    public async Task ASignalIsAnsweredByOneLine(string flavour)
    {
        // A collection would freeze the program, as the line says. What the dumps allocate must not bring one.
        await using var target = await TargetProcess.StartAsync(
            Flavour.Named(flavour), "WeatherStation", TargetOptions.Default with { Environment = new Dictionary<string, string?> { ["DOTNET_GCgen0size"] = "4000000" } });
        await target.DumpAsync();
        int sensor = await BlockAsync(target, "read");
        target.Signal();
        await target.Errors.WaitAsync(
            bytes => System.Text.Encoding.UTF8.GetString(bytes.Span).Contains("stackflare: no thread dump: The runtime cannot stop the program: ", StringComparison.Ordinal) ? "" : null,
            "the line");
        await AssertTicksAsync(target);
        await target.CommandAsync("release");
        await target.WaitForLineAsync("MEASURED 1");
        JsonDump dump = await target.DumpAsync();
        Assert.Contains($"tid={sensor} waits in the system call read", Assert.Single(target.Messages), StringComparison.Ordinal);
        Assert.NotEmpty(dump.Of(target.Truth.Named("sensor")).Frames);
    }

    private static async Task IsRefusedAsync(string flavour, string call, string systemCall)
    {
        await using var target = await StartAsync(flavour, "WeatherStation", "--call", call);
        using var dumps = new LiveDumps(target);
        dumps.Take();
        int sensor = await BlockAsync(target, systemCall);
        for (int i = 0; i < 3; i++)
        {
            var error = Assert.Throws<SuspensionBlockedException>(dumps.Take);
            Assert.Null(error.StoodStill);
            SuspensionBlocker blocker = Assert.Single(error.Blockers);
            Assert.Equal((sensor, systemCall, false), (blocker.Thread.OsId.Value, blocker.SystemCall, blocker.IsHeld));
            Assert.Equal("sensor", blocker.Thread.Name);
            Assert.True(blocker.OffCpuTime is null || blocker.OffCpuTime > TimeSpan.Zero);
            Assert.Contains($"\"sensor\" tid={sensor} waits in the system call {systemCall}", error.Problem, StringComparison.Ordinal);
            Assert.Contains("It was not stopped.", error.Problem, StringComparison.Ordinal);
            await AssertTicksAsync(target);
        }
        Assert.Equal("released", await target.CommandAsync("release"));
        // No signal of ours or the runtime's has ended the call.
        Assert.Equal(call == "read" ? "1" : "0", (await target.WaitForLineAsync("MEASURED ")).Trim());
        Assert.NotEmpty(LockTruth.Of(dumps.Take(), target.Truth.Named("sensor")).Frames);
    }

    private static Task<TargetProcess> StartAsync(string flavour, string shape, params string[] arguments) => DeadlockTests.StartAsync(flavour, shape, arguments);

    /// <summary>Has the sensor block, waits until it does, and gives its id.</summary>
    private static async Task<int> BlockAsync(TargetProcess target, string systemCall)
    {
        int sensor = target.Truth.Named("sensor").OsId;
        await KernelThreads.WaitForNextCallAsync(target, sensor, systemCall, async () => Assert.Equal("begun", await target.CommandAsync("measure")));
        return sensor;
    }

    private static SuspensionBlockedException? TryTake(LiveDumps dumps)
    {
        try
        {
            dumps.Take();
            return null;
        }
        catch (SuspensionBlockedException e)
        {
            return e;
        }
    }

    private static Task AssertTicksAsync(TargetProcess target) => AssertCountsAsync(target, "ticks", static words => words[0]);

    /// <summary>Fails unless a number goes up, twice.</summary>
    private static async Task AssertCountsAsync(TargetProcess target, string command, Func<string[], string> number)
    {
        async Task<long> NowAsync() => long.Parse(number((await target.CommandAsync(command)).Split(' ')), System.Globalization.CultureInfo.InvariantCulture);
        for (int i = 0; i < 2; i++)
        {
            long before = await NowAsync();
            Deadline deadline = Deadline.In();
            while (await NowAsync() <= before)
                Assert.True(deadline.Left > TimeSpan.Zero, $"{command} does not go on from {before}\n{target.Describe()}");
        }
    }

    private static string HandledSignals(int pid) => File.ReadAllLines($"/proc/{pid}/status").Single(static l => l.StartsWith("SigCgt:", StringComparison.Ordinal));
}
