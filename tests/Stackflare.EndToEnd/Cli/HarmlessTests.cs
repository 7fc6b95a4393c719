using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli;

/// <summary>A program is not worse off for having been looked at, also when the looking was cut short.</summary>
[Trait(Runs.Trait, Runs.Long)]
public sealed class HarmlessTests(ITestOutputHelper output)
{
    private const string Run = " \"$0\" \"$@\"";

    private static readonly int[] Documented = [3, 8, 11, 12, 14];

    /// <summary>
    /// In <c>memory</c> the probe is handed over without a file; in a <c>directory</c> both it and the socket are files; on another
    /// <c>network</c> the socket alone is one.
    /// </summary>
    [RequiresNamespacesTheory]
    [InFlavours(Spread.Runtimes, LooksAt.Stacks, "memory")]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "directory")]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "network")]
    [InFlavours("net8", LooksAt.Stacks, "directory")]
    [InFlavours("net11, single file", LooksAt.Stacks, "memory")]
    public async Task NothingStays(string flavour, string route)
    {
        await using var target = await StartAsync(Flavour.Named(flavour), "NamedThreads", route);
        // The console's own comes some moments after the first line was read.
        await Poll.UntilAsync(() => target.ThreadNames.Contains(".NET SigHandler"), "the last of the target's threads", target.Describe);
        var untouched = target.Figures;
        await RunAsync(target);

        // The runtime keeps a thread for profilers that want to leave, from the first on.
        var before = await target.SettledFiguresAsync();
        await Poll.UntilAsync(() => (before = target.Figures).Beyond(untouched).Count(m => m.StartsWith("thread ", StringComparison.Ordinal)) == 1, "one thread more", target.Describe);
        Assert.Equal("thread .NET EventPipe", Assert.Single(before.Beyond(untouched), m => m.StartsWith("thread ", StringComparison.Ordinal)));

        for (var i = 0; i < 5; i++)
            await RunAsync(target);
        await RunAsync(target, "-n", "20", "-i", "0");
        await AssertAsBeforeAsync(before, target);
    }

    [RequiresNamespacesTheory]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "memory", Kernel.Kill)]
    [InFlavours("net11", LooksAt.Stacks, "memory", Kernel.Interrupt)]
    [InFlavours("net11", LooksAt.Stacks, "directory", Kernel.Kill)]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "directory", Kernel.Interrupt)]
    public async Task TheToolIsEndedAtAnyMoment(string flavour, string route, int signal)
    {
        var runs = Runs.Times(gate: 20, full: 100);
        await using var target = await StartAsync(Flavour.Named(flavour), "Churn", route, ["--with", "heap,threads,dynamic"]);
        await RunAsync(target);
        Assert.Equal("paused", await target.CommandAsync("pause"));
        var before = await target.SettledFiguresAsync();
        Assert.Equal("resumed", await target.CommandAsync("resume"));
        foreach (var moment in await MomentsAsync(target, runs))
        {
            await using var tool = Tool.Start(ToolOptions.Default, $"{target.Pid}", "-n", "0", "-i", "0", "-f", "folded");
            await Task.Delay(moment, TestContext.Current.CancellationToken);
            tool.Send(signal);
            var result = await tool.WaitAsync();
            if (signal == Kernel.Kill)
            {
                Assert.Equal(128 + signal, result.ExitCode);
                continue;
            }

            // Before the tool listens for it, the signal ends it as any program.
            Assert.True(result.ExitCode is 0 or 128 + Kernel.Interrupt && result.Error.Length == 0, $"{result}");
            OwnFiles.AssertNoneIn(target.Pid, target.TemporaryFolder);
        }

        // Only a directory can stay, of a run that was killed, and only until the next run.
        output.WriteLine($"left behind before an ordinary run: {OwnFiles.In(target.Pid, target.TemporaryFolder).Count}");
        if (route == "memory")
            OwnFiles.AssertNoneIn(target.Pid, target.TemporaryFolder);
        var still = Assert.Single(target.Truth.Threads);
        still.AssertIn(await Tool.DumpAsync(target));
        Assert.Equal("paused", await target.CommandAsync("pause"));
        await AssertAsBeforeAsync(before, target);
        Assert.Equal("resumed", await target.CommandAsync("resume"));
        await target.AssertAliveAsync();
    }

    /// <summary>The tool sees that its target has gone: what it may wait for an answer is more than the test waits for the tool.</summary>
    [Theory]
    [InlineData("plain")]
    [InlineData("plain, net11")]
    public async Task TheTargetIsEndedAtAnyMoment(string flavour)
    {
        var targets = Runs.Times(gate: 12, full: 50);
        Dictionary<int, int> codes = [];
        IEnumerable<TimeSpan> moments;
        await using (var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads", TargetOptions.NoTrap))
            moments = await MomentsAsync(target, targets);
        foreach (var moment in moments)
        {
            await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads", TargetOptions.NoTrap);
            await using var tool = Tool.Start(ToolOptions.Default, $"{target.Pid}", "-n", "0", "-i", "0", "--timeout", "600");
            await Task.Delay(moment, TestContext.Current.CancellationToken);
            target.Signal(Kernel.Kill);
            var result = await tool.WaitAsync();
            Assert.True(Documented.Contains(result.ExitCode), $"{result}");
            result.AssertError(result.ExitCode);
            codes[result.ExitCode] = codes.GetValueOrDefault(result.ExitCode) + 1;
        }

        output.WriteLine(string.Join(", ", codes.Select(c => $"{c.Value} × exit code {c.Key}")));
    }

    private static Task<TargetProcess> StartAsync(Flavour flavour, string shape, string route, params string[] arguments) => TargetProcess.StartAsync(
        flavour,
        shape,
        TargetOptions.NoTrap with
        {
            Arguments = arguments,
            Shell = route switch
            {
                "directory" => $"exec unshare -mn /bin/sh -c 'mount -t tmpfs none \"$TMPDIR\" && exec{Run}'{Run}",
                "network" => $"exec unshare -n{Run}",
                _ => null,
            },
        });

    /// <summary>Moments after the start of a run, evenly from before the tool has looked at anything to well within its dumps, however fast the machine is.</summary>
    private static async Task<IEnumerable<TimeSpan>> MomentsAsync(TargetProcess target, int count)
    {
        const double latest = 1.5;
        var run = await Tool.RunAsync($"{target.Pid}");
        _ = run.Output;
        return Enumerable.Range(0, count).Select(i => run.Time * (latest * i / count));
    }

    private static async Task RunAsync(TargetProcess target, params string[] arguments)
    {
        Assert.StartsWith("Thread dump of ", (await Tool.RunAsync([$"{target.Pid}", .. arguments])).Output, StringComparison.Ordinal);
        OwnFiles.AssertNoneIn(target.Pid, target.TemporaryFolder);
    }

    private static async Task AssertAsBeforeAsync(ProcessFigures before, TargetProcess target)
    {
        var after = await target.WaitForNothingBeyondAsync(before);
        Assert.DoesNotContain(after.Mappings, m => m.Contains("stackflare_probe", StringComparison.Ordinal) || m.Contains("memfd:stackflare", StringComparison.Ordinal) || m.Contains("/probe.so", StringComparison.Ordinal));
        OwnFiles.AssertNoneIn(target.Pid, target.TemporaryFolder);
    }
}
