using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;
using Stackflare.EndToEnd.Oracle;

namespace Stackflare.EndToEnd.Cores;

/// <summary>Cores of large programs, most of which nobody here wrote, at rest and at work: every frame is the one that the debugger's library sees.</summary>
public sealed class RealProgramCoreTests(ITestOutputHelper output)
{
    [RequiresPtraceFact]
    public async Task TheCompilerServerAndABuildNode()
    {
        await using var sdk = new Sdk();
        await sdk.BuildAsync();
        await AssertSameAsync(sdk.Process("VBCSCompiler"));
        await AssertSameAsync(sdk.Process("/nodemode:1"));
        await AssertSameAsync(sdk.Process("dotnet build"));
    }

    [RequiresPtraceFact]
    public async Task AnInteractiveSession()
    {
        await using var sdk = new Sdk();
        await AssertSameAsync(await sdk.StartInteractiveAsync());
    }

    /// <summary>Both runtimes, with all that a service has: a database, a log, clients.</summary>
    [RequiresPtraceTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores)]
    public async Task AServiceAtWork(string flavour)
    {
        await using var server = await WebServer.StartAsync(Flavour.Named(flavour), Path.Combine(TestPaths.TargetOutput("OrderApi", "net10.0"), "OrderApi"));
        using var load = new Load(server.Address, clients: 4);
        await load.RunUntilAsync(() => load.Count > 200);
        for (int i = 0; i < Runs.Times(gate: 2, full: 10); i++)
        {
            int before = load.Count;
            await AssertSameAsync(server.Pid);
            await load.RunUntilAsync(() => load.Count > before);
        }
        Assert.Equal(0, load.Failed);
    }

    private async Task AssertSameAsync(int pid)
    {
        using var folder = new TemporaryFolder();
        string runtime = CoreWriter.RuntimeOf(pid)!, core = await CoreWriter.CreateDumpAsync(pid, runtime, "full", folder.Path);
        IReadOnlyList<OracleThread> view = DebuggerView.OfCore(core, runtime);
        JsonDump dump = (await Tool.RunAsync("core", core, "-f", "json", "--no-async")).Json;
        Assert.Equal(view.Select(static t => t.OsId).Order(), dump.Threads.Where(static t => t.ManagedId is not null).Select(static t => t.OsId).Order());
        OracleThread[] seen = [.. view.Where(static t => t.Frames.Count > 0)];
        output.WriteLine($"{dump.Process}: {view.Count} threads, {seen.Length} with frames, {seen.Sum(static t => t.Frames.Count)} frames");
        Assert.NotEmpty(seen);
        Assert.All(seen, thread => OracleComparison.AssertSameAsCore(view, dump, thread.OsId));
    }
}
