using System.Diagnostics;
using Stackflare.EndToEnd.Async;
using Stackflare.EndToEnd.Harness;
using Stackflare.Snapshots.Format;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Truth;

/// <summary>A program that a monitoring agent watches: its profiler has the runtime's one main slot.</summary>
public sealed class AgentTests
{
    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Stacks)]
    public async Task DumpsAreTakenBesideAnAgent(string flavour)
    {
        using var folder = new TemporaryFolder();
        string agent = await CompileAsync(folder);
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads", With(agent, TargetOptions.Default));
        Assert.True(IsLoaded(target, agent));
        for (var i = 0; i < 3; i++)
        {
            var dump = await target.DumpAsync();
            Assert.All(target.Truth.Threads, thread => thread.AssertIn(dump));
        }

        // The heap is for the main profiler alone on 9 and 10: all the rest is there without.
        RawSnapshot snapshot = HeapView.Snapshots(target)();
        Assert.Equal(
            Flavour.Named(flavour).RuntimeMajor switch { 8 => HeapStatus.Unavailable, 9 or 10 => null, _ => HeapStatus.Walked },
            snapshot.Heap?.Info.Status);
        Assert.NotEmpty(snapshot.Threads);
        Assert.True(IsLoaded(target, agent));
        await target.AssertAliveAsync();
    }

    /// <summary>From .NET 11 on the heap is looked through beside an agent, and without taking the agent's place.</summary>
    [Theory]
    [InFlavours("net11", LooksAt.StateMachines)]
    public async Task AsyncMethodsAreFoundBesideAnAgent(string flavour)
    {
        using var folder = new TemporaryFolder();
        string agent = await CompileAsync(folder);
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "AsyncWaits", With(agent, TargetOptions.NoTrap));
        Func<RawSnapshot> take = HeapView.Snapshots(target);
        for (var i = 0; i < 3; i++)
        {
            HeapView view = HeapView.Of(take());
            Assert.Equal(
                AsyncHeapTests.Truth.Select(t => (t.Name, t.Count)).Order(),
                AsyncHeapTests.Truth.Select(t => (t.Name, view.Named(t.Name).Count())).Order());
        }

        Assert.True(IsLoaded(target, agent));
        await target.AssertAliveAsync();
    }

    private static TargetOptions With(string agent, TargetOptions options) => options with
    {
        Environment = new Dictionary<string, string?>
        {
            ["CORECLR_ENABLE_PROFILING"] = "1",
            ["CORECLR_PROFILER"] = "{5F1B7C4E-2B0A-4C59-9A55-0D5B6C1C7A11}",
            ["CORECLR_PROFILER_PATH"] = agent,
        },
    };

    private static bool IsLoaded(TargetProcess target, string library) =>
        File.ReadLines($"/proc/{target.Truth.Pid}/maps").Any(line => line.EndsWith(library, StringComparison.Ordinal));

    private static async Task<string> CompileAsync(TemporaryFolder folder)
    {
        string library = Path.Combine(folder.Path, "agent.so");
        string source = Path.Combine(TestPaths.RepositoryRoot, "native", "probe", "tests", "agent.c");
        string compiler = Environment.GetEnvironmentVariable("CC") is { Length: > 0 } cc ? cc : "cc";
        using var compile = Process.Start(compiler, ["-std=c11", "-O1", "-fPIC", "-shared", "-o", library, source]);
        await compile.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, compile.ExitCode);
        return library;
    }
}
