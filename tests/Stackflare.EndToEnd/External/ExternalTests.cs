using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Cores;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.External;

/// <summary>A process that is read from outside has the frames that its runtime says it has, whether its runtime could answer or not.</summary>
public sealed class ExternalTests
{
    private const string Forced = "--external", ReadOutside = "Read from outside", Unstopped = "Read from outside, without stopping a thread.", NotUsed = "The probe could not be used: ";

    /// <summary>Every build for .NET 10 and 11, with frames of every kind.</summary>
    [RequiresTracingTheory]
    [InFlavours(Spread.All, LooksAt.Cores, "LanguageMembers+NativeCall")]
    public Task AParkedProgramHasTheFramesOfTheProbe(string flavour, string shape) => AssertSameAsync(flavour, shape);

    [RequiresTracingTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores, "GuestRooms")]
    [InFlavours(Spread.Newest, LooksAt.Cores, "ExceptionInFlight")]
    [InFlavours(Spread.Newest, LooksAt.Cores, "DeepRecursion")]
    [InFlavours(Spread.Newest, LooksAt.Cores, "ManyThreads")]
    public Task SoHasOneWithMuchOfIt(string flavour, string shape) => AssertSameAsync(flavour, shape);

    /// <summary>The runtime compiles hot code again for some time, on a thread that is stopped if it runs.</summary>
    [RequiresTracingTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores, "ManyThreads")]
    public async Task NobodyIsStoppedIfAllWait(string flavour, string shape)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), shape, TargetOptions.NoTrap);
        JsonDump? dump = null;
        for (int i = 0; dump?.Notes[0] != Unstopped; i++)
        {
            Assert.InRange(i, 0, 100);
            dump = await DumpAsync(target, Forced);
        }
        Assert.Equal(0, dump.PauseMilliseconds);
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(dump));
    }

    /// <summary>Threads that run are caught anywhere in their loop.</summary>
    [RequiresTracingTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores)]
    public async Task ABusyProgramIsStoppedForAMomentAndGoesOn(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "Spinning", TargetOptions.NoTrap with { Arguments = ["--threads", "8"] });
        for (int i = 0; i < 5; i++)
        {
            JsonDump dump = await StoppedAsync(target, Forced);
            Assert.Matches(@"^Read from outside: \d+ threads that did not wait were stopped for [\d.]+ ms\.$", dump.Notes[0]);
            Assert.True(dump.PauseMilliseconds > 0);
            AssertLoops(target, dump);
        }
        TracedThreads.AssertNone(target.Pid);
        await target.AssertAliveAsync();
    }

    [RequiresTracingTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores)]
    public async Task AStoppedProcessIsReadAndStaysStopped(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "LanguageMembers", TargetOptions.NoTrap);
        JsonDump live = await Tool.DumpAsync(target, "--no-async");
        await StopAsync(target);
        JsonDump dump = await DumpAsync(target);
        CoreTests.AssertSame(target, live, dump);
        Assert.StartsWith(ReadOutside, dump.Notes[0], StringComparison.Ordinal);
        Assert.Single(dump.Notes, n => n.StartsWith($"{NotUsed}Process {target.Pid} is stopped", StringComparison.Ordinal));
        await AssertStoppedAsync(target);
        await GoOnAsync(target);
    }

    /// <summary>Its threads are stopped in managed code, so their registers are needed. Neither that nor its end lets them go on.</summary>
    [RequiresTracingTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores)]
    public async Task AStoppedLoopIsReadAndStaysStopped(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "Spinning", TargetOptions.NoTrap);
        await StopAsync(target);
        string? places = null;
        for (int i = 0; i < 3; i++)
        {
            JsonDump dump = await StoppedAsync(target);
            AssertLoops(target, dump);
            string now = string.Join(' ', target.Truth.Threads.Select(t => dump.Of(t).Frames[0].Address));
            Assert.Equal(places ??= now, now);
        }
        await AssertStoppedAsync(target);
        string before = Times(target);
        await GoOnAsync(target);
        await Poll.UntilAsync(() => Times(target) != before, "the loops to go on", target.Describe);
    }

    [RequiresTracingTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores, "DOTNET_EnableDiagnostics")]
    [InFlavours(Spread.Newest, LooksAt.Cores, "DOTNET_EnableDiagnostics_IPC")]
    [InFlavours(Spread.Newest, LooksAt.Cores, "COMPlus_EnableDiagnostics")]
    public async Task AProcessWithoutItsPortIsRead(string flavour, string variable)
    {
        await using var target = await TargetProcess.StartAsync(
            Flavour.Named(flavour), "NamedThreads", TargetOptions.NoTrap with { Environment = new Dictionary<string, string?> { [variable] = "0" } });
        JsonDump dump = await DumpAsync(target);
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(dump));
        Assert.Single(dump.Notes, n => n.StartsWith(NotUsed, StringComparison.Ordinal) && n.Contains($"{variable}=0", StringComparison.Ordinal));
        string text = (await Tool.RunAsync($"{target.Pid}")).Output;
        Assert.Contains($"\nNote: {ReadOutside}", text, StringComparison.Ordinal);
        Assert.Contains("\n      host.Park(track.Here<NamedThreads>());\n", text, StringComparison.Ordinal);
    }

    /// <summary>The thread that nobody can stop waits in a call that the runtime was promised to be short. What it waits in is shown.</summary>
    [RequiresTracingTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores, "read", "libc.so.6!read+0x", "ReadByte", "1")]
    [InFlavours(Spread.Newest, LooksAt.Cores, "semaphore", "libc.so.6", "WaitFor", "0")]
    public async Task AThreadThatCannotBeSuspendedIsShownDownToItsCall(string flavour, string call, string native, string method, string answer)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "WeatherStation", TargetOptions.NoTrap with { Arguments = ["--call", call] });
        TruthThread sensor = target.Truth.Named("sensor");
        await KernelThreads.WaitForNextCallAsync(target, sensor.OsId, call == "read" ? "read" : "futex", async () => Assert.Equal("begun", await target.CommandAsync("measure")));
        JsonDump dump = await DumpAsync(target);
        JsonThread thread = dump.Of(sensor);
        Assert.Equal("complete", thread.Completeness);
        JsonFrame[] shown = [.. thread.Frames.TakeWhile(static f => !f.FullName.EndsWith(".Measure", StringComparison.Ordinal))];
        Assert.StartsWith(native, shown[0].FullName[1..], StringComparison.Ordinal);
        Assert.Equal("native", shown[0].Kind);
        Assert.Contains(shown, f => f.FullName == $"Stackflare.Targets.Common.CooperativeCalls.{method}");
        string file = Path.Combine(target.TemporaryFolder, "raw");
        Assert.Empty((await Tool.RunAsync($"{target.Pid}", "--timeout", "20", "--raw", file)).Output);
        string text = (await Tool.RunAsync($"{target.Pid}", "--timeout", "20")).Output, saved = (await Tool.RunAsync("show", file)).Output;
        Assert.Contains("Diagnosis:\n- The runtime cannot stop the program, and the next garbage collection will freeze it", text, StringComparison.Ordinal);
        Assert.Contains($"\nNote: {NotUsed}The runtime cannot stop the program: \"sensor\"", saved, StringComparison.Ordinal);
        Assert.All((string[])[text, saved], shown => Assert.Contains($"\n   at {native}", shown, StringComparison.Ordinal));
        await AssertTicksAsync(target);
        Assert.Equal("released", await target.CommandAsync("release"));
        // No stop has ended the call.
        Assert.Equal(answer, (await target.WaitForLineAsync("MEASURED ")).Trim());
    }

    [RequiresTracingTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores)]
    public async Task AThreadThatComputesInNativeCodeIsShown(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "WeatherStation", TargetOptions.NoTrap with { Arguments = ["--call", "search"] });
        Assert.Equal("begun", await target.CommandAsync("measure"));
        TruthThread sensor = target.Truth.Named("sensor");
        await Poll.UntilAsync(() => Kernel.IsRunning(target.Pid, sensor.OsId), "the sensor to run", target.Describe);
        JsonThread? thread = null;
        // Until it is in the native call, it is anywhere before.
        for (int i = 0; thread?.Frames.Any(static f => f.FullName.StartsWith(".libc.so.6!", StringComparison.Ordinal)) != true; i++)
        {
            Assert.InRange(i, 0, 100);
            thread = (await DumpAsync(target, Forced)).Of(sensor);
        }
        Assert.Contains(thread.Frames, static f => f.FullName == "Stackflare.Targets.Common.CooperativeCalls.SearchForEver");
        await AssertTicksAsync(target);
    }

    [RequiresTracingTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores)]
    public async Task ACollectionThatCannotBeginIsShown(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "Thermometer", TargetOptions.NoTrap with { Arguments = ["--seconds", "20"] });
        Task measured = target.CommandAsync("measure");
        await target.WaitForCollectionAsync("tidy", "reader");
        JsonDump dump;
        // On a busy machine, the time can be over before the probe has looked at the threads.
        var deadline = Deadline.In(TimeSpan.FromSeconds(15));
        do
            dump = await DumpAsync(target, "--timeout", "1");
        while (!dump.Notes.Any(Names) && deadline.Left > TimeSpan.Zero);
        Assert.Single(dump.Notes, Names);
        // The compiler may have put GC.Collect into its caller, which is a hot loop.
        Assert.Contains(dump.Of(target.Truth.Named("tidy")).Frames, static f => f.SourceText?.Trim() == "GC.Collect();");
        Assert.NotEmpty(dump.Of(target.Truth.Named("reader")).Frames);
        await target.WaitForLineAsync("MEASURED");
        await target.WaitForLineAsync("TIDY");
        await measured;
        await target.AssertAliveAsync();

        static bool Names(string note) => note.StartsWith(NotUsed, StringComparison.Ordinal) && note.Contains("a garbage collection waits for \"reader\"", StringComparison.Ordinal);
    }

    /// <summary>The runtime removes its socket before it calls the handlers of its end.</summary>
    [RequiresTracingTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores)]
    public async Task AShutdownThatHangsShowsItsHandler(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "HungExit", TargetOptions.NoTrap);
        await target.CommandAsync("leave");
        await Poll.UntilAsync(() => Directory.GetFiles(target.TemporaryFolder, "dotnet-diagnostic-*").Length == 0, "the beginning of the end", target.Describe);
        // The handler is called after that, by the thread that runs finalizers.
        JsonDump? dump = null;
        for (int i = 0; dump?.Threads.Any(static t => t.Frames.Any(static f => f.FullName.EndsWith("HungExit.OnExit", StringComparison.Ordinal))) != true; i++)
        {
            Assert.InRange(i, 0, 100);
            dump = await DumpAsync(target);
        }
        Assert.Contains(dump.Named("leaving").Frames, static f => f.FullName == "System.Environment.Exit");
        Assert.Single(dump.Notes, static n => n.StartsWith(NotUsed, StringComparison.Ordinal) && n.Contains("begins to shut down", StringComparison.Ordinal));
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(dump));
    }

    /// <summary>A debugger holds the runtime's thread that answers, so the others are read without it.</summary>
    [RequiresTracingTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores)]
    public async Task AThreadThatADebuggerHoldsIsLeftOut(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "Spinning", TargetOptions.NoTrap);
        TruthThread held = target.Truth.Named("plain loop");
        using (FrozenThread.ById(held.OsId))
        {
            JsonDump dump = await StoppedAsync(target, Forced);
            Assert.Single(dump.Notes, static n => n == "The stack of one thread is missing: a debugger or another tracer holds it.");
            Assert.Empty(dump.Of(held).Frames);
            Assert.NotEmpty(dump.Of(target.Truth.Named("calling loop")).Frames);
        }
        await target.AssertAliveAsync();
    }

    [RequiresTracingTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores)]
    public async Task ASeriesAFileAndEveryFormatWorkAsWithTheProbe(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads", TargetOptions.NoTrap);
        string series = (await Tool.RunAsync($"{target.Pid}", Forced, "-n", "3", "-i", "1")).Output;
        Assert.Equal(3, series.Split("Thread dump of ").Length - 1);
        Assert.Contains("Unchanged in all 3 dumps", series, StringComparison.Ordinal);
        foreach (string format in Stackflare.Writers.DumpFormats.Names)
            Assert.NotEmpty((await Tool.RunAsync($"{target.Pid}", Forced, "-f", format)).Output);
        string file = Path.Combine(target.TemporaryFolder, "raw");
        Assert.Empty((await Tool.RunAsync($"{target.Pid}", Forced, "--raw", file)).Output);
        JsonDump shown = (await Tool.RunAsync("show", file, "-f", "json")).Json;
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(shown));
        Assert.StartsWith(ReadOutside, shown.Notes[0], StringComparison.Ordinal);
        Assert.DoesNotContain(target.Truth.Threads[0].Name!, (await Tool.RunAsync($"{target.Pid}", Forced, "--redact")).Output, StringComparison.Ordinal);
    }

    /// <summary>The id, the paths and the ids of threads are others inside.</summary>
    [RequiresNamespacesTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores)]
    public async Task AContainersProcessIsReadFromTheHost(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(
            Flavour.Named(flavour), "NamedThreads", TargetOptions.NoTrap with { Shell = "exec unshare -pmnf --mount-proc \"$0\" \"$@\"" });
        Assert.NotEqual(target.Pid, target.Truth.Pid);
        JsonDump dump = await DumpAsync(target, Forced);
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(dump));
        Assert.All(target.Truth.Threads, thread => Assert.Equal(thread.Name, dump.Of(thread).Name));
        Assert.Equal(target.Truth.Pid, Assert.Single(dump.Threads, static t => t.IsMain).OsId);
    }

    [Theory]
    [InlineData("net8")]
    [InlineData("net9")]
    public async Task AnOlderRuntimeIsRefused(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads", TargetOptions.NoTrap);
        ToolResult result = await Tool.RunAsync($"{target.Pid}", Forced);
        result.AssertError(9, ".NET 10 and 11");
        Assert.Empty(result.RawOutput);
    }

    private static async Task AssertSameAsync(string flavour, string shape)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), shape, TargetOptions.NoTrap);
        JsonDump live = await Tool.DumpAsync(target, "--no-async"), dump = await DumpAsync(target, Forced);
        CoreTests.AssertSame(target, live, dump);
        await target.AssertAliveAsync();
    }

    private static async Task<JsonDump> DumpAsync(TargetProcess target, params string[] arguments) => (await Tool.RunAsync([$"{target.Pid}", "-f", "json", .. arguments])).Json;

    /// <summary>On a busy machine, a thread that has to be stopped may get no processor for longer than others may stand still.</summary>
    private static Task<JsonDump> StoppedAsync(TargetProcess target, params string[] arguments) =>
        CutShort.UntilAsync(() => DumpAsync(target, arguments), static d => !d.Notes.Any(static n => n.Contains("stop in time", StringComparison.Ordinal) || n.Contains("stopped in time", StringComparison.Ordinal)), static d => string.Join('\n', d.Notes));

    private static void AssertLoops(TargetProcess target, JsonDump dump) => Assert.All(target.Truth.Threads, loop =>
    {
        JsonThread thread = dump.Of(loop);
        JsonFrame frame = thread.Frames.First(f => f.FullName == loop.Marks[0].Method);
        Assert.InRange(frame.Line!.Value, loop.Marks.Min(static m => m.Line), loop.Marks.Max(static m => m.Line));
        Assert.Equal("complete", thread.Completeness);
    });

    private static async Task StopAsync(TargetProcess target)
    {
        target.Signal(Kernel.Stop);
        await Poll.UntilAsync(() => States(target).All(static s => s == 'T'), "the stop", target.Describe);
    }

    /// <summary>A thread that was let go stops again as soon as it gets a processor.</summary>
    private static async Task AssertStoppedAsync(TargetProcess target)
    {
        await Poll.UntilAsync(() => States(target).All(static s => s == 'T'), "the stop to go on", target.Describe);
        TracedThreads.AssertNone(target.Pid);
    }

    private static async Task GoOnAsync(TargetProcess target)
    {
        target.Signal(Kernel.Continue);
        await target.AssertAliveAsync();
    }

    private static IEnumerable<char> States(TargetProcess target) =>
        KernelThreads.Of(target.Pid).Select(t => File.ReadAllText($"/proc/{target.Pid}/task/{t.Id}/stat").Split(") ")[^1][0]);

    /// <summary>The time that each thread has run the program's code. To be looked at takes some time in the kernel.</summary>
    private static string Times(TargetProcess target)
    {
        const int UserTime = 11;
        return string.Join(' ', target.Truth.Threads.Select(t => File.ReadAllText($"/proc/{target.Pid}/task/{t.OsId}/stat").Split(") ")[^1].Split(' ')[UserTime]));
    }

    private static async Task AssertTicksAsync(TargetProcess target)
    {
        string before = await target.CommandAsync("ticks"), now = before;
        while (now == before)
            now = await target.CommandAsync("ticks");
    }
}
