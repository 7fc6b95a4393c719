using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;
using Stackflare.EndToEnd.Oracle;

namespace Stackflare.EndToEnd.Cores;

/// <summary>The dump of a core is that of the process: the same threads, methods and lines as the probe gives, and those that the threads say they are in.</summary>
public sealed class CoreTests
{
    private const string NoObjects = "objects are not in the memory", FromFiles = "on this machine";

    /// <summary>Every build for .NET 10 and 11, with frames of every kind.</summary>
    [RequiresPtraceTheory]
    [InFlavours(Spread.All, LooksAt.Cores, "LanguageMembers+NativeCall")]
    public Task AFullCoreHasEveryThreadMethodAndLine(string flavour, string shape) => AssertSameAsync(flavour, shape, "full");

    [RequiresPtraceTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores, "GuestRooms")]
    [InFlavours("net11", LooksAt.Cores, "ExceptionInFlight")]
    [InFlavours("optimized", LooksAt.Cores, "DeepRecursion")]
    public Task SoHasOneWithTheHeap(string flavour, string shape) => AssertSameAsync(flavour, shape, "withheap");

    /// <summary>Cores with the stacks only.</summary>
    [RequiresPtraceTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores, "normal")]
    [InFlavours(Spread.Newest, LooksAt.Cores, "triage")]
    public async Task ASmallCoreLacksNamesAndSaysSo(string flavour, string kind)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "LanguageMembers", TargetOptions.NoTrap);
        JsonDump dump = await DumpAsync(await CoreWriter.CreateDumpAsync(target, kind));
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(dump));
        Assert.All(target.Truth.Threads, thread => Assert.Null(dump.Of(thread).Name));
        Assert.Single(dump.Notes, static n => n.Contains(NoObjects, StringComparison.Ordinal));
    }

    /// <summary>The code and the metadata of libraries are in files only.</summary>
    [RequiresGdbTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores, "LanguageMembers")]
    [InFlavours("net11, single file", LooksAt.Cores, "NativeCall")]
    public async Task WhatIsInFilesIsTakenFromThere(string flavour, string shape)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), shape, TargetOptions.NoTrap);
        JsonDump live = await Tool.DumpAsync(target, "--no-async"), dump = await DumpAsync(await CoreWriter.GcoreAsync(target.Pid, target.TemporaryFolder));
        AssertSame(target, live, dump);
        // A single file has a build id. The core has neither the headers of assemblies nor anything else to compare.
        Assert.Equal(shape != "NativeCall", dump.Notes.Any(static n => n.Contains(FromFiles, StringComparison.Ordinal)));
    }

    /// <summary>The runtime cannot stop such a thread, so the probe cannot be used. It has no frame object of the runtime either.</summary>
    [RequiresGdbTheory]
    [InFlavours("optimized", LooksAt.Cores, "read", "ReadByte")]
    [InFlavours("net11", LooksAt.Cores, "semaphore", "WaitFor")]
    public async Task AThreadThatCannotBeStoppedHasItsFrames(string flavour, string call, string method)
    {
        await using var target = await TargetProcess.StartAsync(
            Flavour.Named(flavour), "WeatherStation", TargetOptions.NoTrap with { Arguments = ["--call", call] });
        TruthThread sensor = target.Truth.Named("sensor");
        await KernelThreads.WaitForNextCallAsync(target, sensor.OsId, call == "read" ? "read" : "futex", async () => Assert.Equal("begun", await target.CommandAsync("measure")));
        JsonDump dump = await DumpAsync(await CoreWriter.GcoreAsync(target.Pid, target.TemporaryFolder));
        JsonThread thread = dump.Of(sensor);
        Assert.Equal("complete", thread.Completeness);
        Assert.Equal("native", thread.Frames[0].Kind);
        Assert.StartsWith(call == "read" ? ".libc.so.6!read+0x" : ".libc.so.6", thread.Frames[0].FullName, StringComparison.Ordinal);
        string[] methods = [.. thread.Frames.Where(static f => f.Kind == "managed").Select(static f => f.FullName)];
        Assert.Equal([$"Stackflare.Targets.Common.CooperativeCalls.{method}", "Stackflare.Targets.Shapes.Problems.WeatherStation.Measure"], methods[..2]);
    }

    /// <summary>Threads that run, wherever they were stopped: what the runtime's own library sees of the same core.</summary>
    [RequiresPtraceTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores, "Spinning")]
    [InFlavours("net11", LooksAt.Cores, "Shares")]
    public async Task ABusyProgramHasTheFramesThatADebuggerSees(string flavour, string shape)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), shape, TargetOptions.NoTrap);
        string core = await CoreWriter.CreateDumpAsync(target, "full"), runtime = CoreWriter.RuntimeOf(target);
        IReadOnlyList<OracleThread> view = DebuggerView.OfCore(core, runtime);
        JsonDump dump = await DumpAsync(core);
        Assert.Equal(view.Select(static t => t.OsId).Order(), dump.Threads.Select(static t => t.OsId).Order());
        // Of a thread that was stopped in the runtime's own code, the debugger sometimes has no frame.
        OracleThread[] seen = [.. view.Where(static t => t.Frames.Count > 0)];
        Assert.NotEmpty(seen);
        Assert.All(seen, thread => OracleComparison.AssertSameAsCore(view, dump, thread.OsId));
    }

    [RequiresPtraceTheory]
    [InFlavours("net11", LooksAt.Cores)]
    public async Task ShowDoesTheSame(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads", TargetOptions.NoTrap);
        string core = await CoreWriter.CreateDumpAsync(target, "full");
        string text = (await Tool.RunAsync("core", core)).Output;
        Assert.Equal(text, (await Tool.RunAsync("show", core)).Output);
        Assert.StartsWith($"Thread dump of Shapes (pid {target.Pid}) at ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("paused", text.Split('\n')[1], StringComparison.Ordinal);
        Assert.Contains("\n      host.Park(track.Here<NamedThreads>());\n", text, StringComparison.Ordinal);
        foreach (string format in DumpFormatNames())
            Assert.NotEmpty((await Tool.RunAsync("core", core, "-f", format)).Output);
        Assert.DoesNotContain("\"first\"", (await Tool.RunAsync("core", core, "--threads", "stdin")).Output, StringComparison.Ordinal);
    }

    [RequiresPtraceTheory]
    [InlineData("net8")]
    [InlineData("net9")]
    public async Task AnOlderRuntimeIsRefused(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads", TargetOptions.NoTrap);
        (await Tool.RunAsync("core", await CoreWriter.CreateDumpAsync(target, "triage"))).AssertError(9, ".NET 10 and 11");
    }

    [RequiresPtraceTheory]
    [InFlavours("optimized", LooksAt.Cores)]
    public async Task ACoreThatIsCutShortIsAnErrorOrSaysSo(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads", TargetOptions.NoTrap);
        string core = await CoreWriter.CreateDumpAsync(target, "full");
        long length = new FileInfo(core).Length;
        foreach (int part in (int[])[99, 75, 50, 25, 1, 0])
        {
            using (FileStream file = File.OpenWrite(core))
                file.SetLength(length / 100 * part);
            ToolResult result = await Tool.RunAsync("core", core);
            if (result.ExitCode == 0)
                Assert.Contains("\nNote: The core is cut short: ", result.Output, StringComparison.Ordinal);
            else
                result.AssertError(16, core);
        }
    }

    /// <summary>The tool itself.</summary>
    [RequiresGdbTheory]
    [InlineData("optimized")]
    public async Task ACoreOfNativeAotIsRefused(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads", TargetOptions.NoTrap);
        await using ToolProcess tool = Tool.Start(ToolOptions.Default, $"{target.Pid}", "-n", "0", "-i", "3600000");
        await Poll.UntilAsync(() => File.ReadAllText($"/proc/{tool.Pid}/comm").StartsWith("stackflare", StringComparison.Ordinal), "the tool to run", target.Describe);
        (await Tool.RunAsync("core", await CoreWriter.GcoreAsync(tool.Pid, target.TemporaryFolder))).AssertError(5, "NativeAOT");
    }

    [Fact]
    public async Task OtherFilesAreNoCores()
    {
        (await Tool.RunAsync("core", Tool.Path)).AssertError(16, "is not a core file");
        (await Tool.RunAsync("core", "/nowhere")).AssertError(16, "does not exist");
    }

    private static IEnumerable<string> DumpFormatNames() => Stackflare.Writers.DumpFormats.Names;

    private static async Task AssertSameAsync(string flavour, string shape, string kind)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), shape, TargetOptions.NoTrap);
        JsonDump live = await Tool.DumpAsync(target, "--no-async"), dump = await DumpAsync(await CoreWriter.CreateDumpAsync(target, kind));
        AssertSame(target, live, dump);
        Assert.Empty(dump.Notes);
    }

    private static async Task<JsonDump> DumpAsync(string core) => (await Tool.RunAsync("core", core, "-f", "json")).Json;

    internal static void AssertSame(TargetProcess target, JsonDump live, JsonDump dump)
    {
        Assert.Equal((live.ProcessId, live.Process), (dump.ProcessId, dump.Process));
        // One is in an assembly without a PDB.
        Assert.All(target.Truth.Threads.Where(static t => t.Name != "bare"), thread => thread.AssertIn(dump));
        Assert.All(target.Truth.Threads, thread =>
        {
            JsonThread one = live.Of(thread), other = dump.Of(thread);
            Assert.Equal(
                (one.ManagedId, one.Name, one.IsMain, one.IsBackground, one.IsThreadPool, one.Completeness),
                (other.ManagedId, other.Name, other.IsMain, other.IsBackground, other.IsThreadPool, other.Completeness));
            Assert.Equal(one.Exceptions, other.Exceptions);
            Assert.Equal(Frames(one), Frames(other));
        });
    }

    /// <summary>
    /// Less native code, which the probe does not place exactly; the runtime's stubs, of which it misses some; and the IL offset, which it does not have of
    /// handlers in optimized code.
    /// </summary>
    private static string[] Frames(JsonThread thread) =>
    [
        .. thread.Frames.Where(static f => f.Kind != "native" && !(f.Kind == "dynamic" && f.IsHidden))
            .Select(static f => $"{f.Kind} {f.Everything.Split("; ").First(static p => p.StartsWith("\"display\"", StringComparison.Ordinal))} {f.Token:x} {f.ModulePath} {f.SourcePath}:{f.Line} {f.IsApproximate} {f.Symbols} {f.SourceTextOrigin} {f.IsHidden}"),
    ];
}
