using System.Text.RegularExpressions;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.External;

/// <summary>A kernel that does not let the tool do all that it needs: what can be had is there, and the rest is said.</summary>
public sealed class RefusedReadTests
{
    private const string Forced = "--external", Trace = "101", ReadMemory = "310";

    /// <summary>The file of the memory is another way.</summary>
    [RequiresTracingTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores)]
    public async Task WithoutTheCallTheFileIsRead(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads", TargetOptions.NoTrap);
        JsonDump dump = (await RunAsync([ReadMemory], $"{target.Pid}", Forced, "-f", "json")).Json;
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(dump));
    }

    /// <summary>Threads that wait need not be stopped.</summary>
    [RequiresTracingTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores)]
    public async Task ThreadsThatMayNotBeStoppedAreLeftOut(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "Spinning", TargetOptions.NoTrap);
        JsonDump dump = (await RunAsync([Trace, ReadMemory], $"{target.Pid}", Forced, "-f", "json")).Json;
        // A thread of the runtime may run as well.
        Assert.Single(dump.Notes, static n => Regex.IsMatch(n, @"^The stacks of [2-9] threads are missing: they run, and the kernel refuses to stop them \(ptrace\)\.$"));
        Assert.All(target.Truth.Threads, loop => Assert.Empty(dump.Of(loop).Frames));
        Assert.NotEmpty(dump.Named("stdin").Frames);
        await target.AssertAliveAsync();
    }

    /// <summary>The kernel shows nothing of the process: the error says what is needed.</summary>
    [RequiresOtherUserFact]
    public async Task WithoutRightsTheErrorSaysWhatIsNeeded()
    {
        await using var target = await TargetProcess.StartAsync(
            Flavour.Optimized, "NamedThreads", TargetOptions.NoTrap with { Environment = new Dictionary<string, string?> { ["DOTNET_EnableDiagnostics"] = "0" } });
        // Root without this capability may not look into a process that has it.
        var without = new ToolOptions { Launcher = ["setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace"] };
        foreach (string[] arguments in (string[][])[[], [Forced]])
        {
            ToolResult result = await Tool.RunAsync(without, [$"{target.Pid}", .. arguments]);
            result.AssertError(6, "has capabilities that this process does not have", "CAP_SYS_PTRACE");
            Assert.Empty(result.RawOutput);
        }
    }

    private static async Task<ToolResult> RunAsync(string[] forbidden, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        string launcher = Path.Combine(folder.Path, "forbidden");
        await FakeRuntime.CompileAsync([Path.Combine(TestPaths.RepositoryRoot, "tests", "Stackflare.EndToEnd", "Cli", "Harness", "forbidden_calls.c"), "-o", launcher]);
        return await Tool.RunAsync(new ToolOptions { Launcher = [launcher, .. forbidden, "--"] }, arguments);
    }
}
