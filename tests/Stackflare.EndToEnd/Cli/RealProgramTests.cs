using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;
using Stackflare.EndToEnd.Oracle;

namespace Stackflare.EndToEnd.Cli;

/// <summary>Large programs that nobody here wrote: parts of the .NET SDK that stay or wait after they were used.</summary>
public sealed class RealProgramTests(ITestOutputHelper output)
{
    private const int Looks = 5;

    [RequiresTracingFact]
    public async Task TheCompilerServerAndABuildNode()
    {
        await using var sdk = new Sdk();
        await sdk.BuildAsync();
        await AssertDumpedAsync(sdk.Process("VBCSCompiler"), "Microsoft.CodeAnalysis.CompilerServer.");
        await AssertDumpedAsync(sdk.Process("/nodemode:1"), "Microsoft.Build.");
    }

    [RequiresTracingFact]
    public async Task AnInteractiveSession()
    {
        await using var sdk = new Sdk();
        await AssertDumpedAsync(await sdk.StartInteractiveAsync(), "FSharp.Compiler.Interactive.");
    }

    /// <summary>Threads that stand still look the same before and after a debugger has looked at them, and to the debugger.</summary>
    private async Task AssertDumpedAsync(int pid, string ownPrefix)
    {
        // A program that has said that it is ready goes on for a while before its first thread waits.
        var deadline = Deadline.In();
        JsonDump before;
        IReadOnlyList<OracleThread> view;
        int[] still;
        int looks = 0;
        do
        {
            Assert.True(deadline.Left > TimeSpan.Zero, "its first thread does not come to rest");
            before = (await Tool.RunAsync($"{pid}", "-f", "json")).Json;
            view = DebuggerView.Of(pid);
            var after = (await Tool.RunAsync($"{pid}", "-f", "json")).Json;
            still =
            [
                .. before.Threads.Where(t => t.Frames.Count > 0 && after.Threads.Any(a => a.OsId == t.OsId && a.Everything == t.Everything)).Select(t => t.OsId),
            ];
        }
        // A thread that wakes now and then can look the same in both dumps, and go on between them. A dump that is wrong stays so.
        while (!still.Contains(pid) || (++looks < Looks && Record.Exception(() => AssertSame()) is not null));

        output.WriteLine($"{before.Threads.Count} threads, {still.Length} of them still, {before.Threads.Sum(t => t.Frames.Count)} frames");
        AssertSame();

        var main = before.Threads.Single(t => t.IsMain);
        Assert.Contains(main.Frames, f => f.DeclaringType.StartsWith(ownPrefix, StringComparison.Ordinal));
        Assert.All(before.Threads.SelectMany(t => t.Frames).Where(f => f.Kind == "managed"), f => Assert.DoesNotContain("?", f.FullName));

        void AssertSame() => Assert.All(still, id => OracleComparison.AssertSame(view, before, id));
    }
}
