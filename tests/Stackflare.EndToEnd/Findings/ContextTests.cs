using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Findings;

/// <summary>Threads that run the work of a synchronization context, and wait for an async method that must go on there.</summary>
public sealed class ContextTests
{
    private const string Context = "Stackflare.Targets.Shapes.Problems.DeskContext", Method = "Stackflare.Targets.Shapes.Problems.Desks.PriceAsync";

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Async | LooksAt.Locks)]
    [InFlavours("net9", LooksAt.Async | LooksAt.Locks)]
    [InFlavours("unoptimized", LooksAt.Async | LooksAt.Locks)]
    [InFlavours("net11, unoptimized", LooksAt.Async | LooksAt.Locks)]
    public async Task AContextWhoseOnlyThreadWaitsForItsWorkIsADeadlock(string flavour)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "Desks");
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.UntilAsync("all deadlocks", d => d.Deadlocks.Count == 5);
        Deadlock two = dump.Deadlocks.Single(d => d.Steps.Count == 2);
        DeadlockStep[] ones = [.. dump.Deadlocks.Where(d => d.Steps.Count == 1).Select(d => d.Steps[0])];
        DeadlockStep counter = ones.Single(s => s.Thread.Name == "counter"), opener = ones.Single(s => s.Thread.Name == "opener"), cashier = ones.Single(s => s.Thread.Name == "cashier"), worker = ones.Single(s => s.Thread.IsThreadPool == true), till = two.Steps.Single(s => s.Thread.Name == "till"), auditor = two.Steps.Single(s => s.Thread.Name == "auditor");
        Assert.All((DeadlockStep[])[counter, opener, cashier, worker, till, auditor], step =>
        {
            TruthMark mark = target.Truth.Threads.Single(t => t.OsId == step.Thread.OsId.Value).Marks[0];
            Assert.Equal((mark.Method, mark.Line), (step.Frame!.Method.FullName, step.Frame.Source!.Line));
        });
        Assert.All(((DeadlockStep, string)[])
        [
            (counter, Context), (opener, "Stackflare.Targets.Shapes.Problems.Desks.ClosedContext"), (auditor, Context), (cashier, "Stackflare.Targets.Shapes.Problems.LineScheduler"),
            (worker, "System.Threading.Tasks.ConcurrentExclusiveSchedulerPair.ConcurrentExclusiveTaskScheduler"),
        ], expected =>
        {
            (DeadlockStep step, string type) = expected;
            CapturedContext context = step.Wait.CapturedContext!;
            Assert.Equal((type, Method, step.WaitsFor), (context.Type, context.Frame!.Method.FullName, context.Thread));
            Assert.Contains("await FetchAsync(fetched)", context.Frame.Source!.Text, StringComparison.Ordinal);
        });
        Assert.Null(till.Wait.CapturedContext);
        Assert.Equal(WaitKind.MonitorEnter, till.Wait.Kind);
        string text = LiveDumps.Text(dump, new RenderOptions());
        Assert.Contains("Deadlock through a synchronization context: a thread waits for itself forever", text, StringComparison.Ordinal);
        Assert.Contains("Deadlock through a task scheduler: a thread waits for itself forever", text, StringComparison.Ordinal);
        Assert.Matches($@"""counter"" #\d+ waits for <0x[0-9a-f]+> \(async method {Method}\), which must go on in the synchronization context <0x[0-9a-f]+> \({Context}\) of ""counter"" #\d+", text);
        Assert.Matches($@"\n    {Method}\(Task fetched\) in .*Desks\.cs:line \d+ must go on there: `await` it instead of blocking, or use ConfigureAwait\(false\)", text);
        Assert.All(dump.Findings, f => Assert.Equal(FindingKind.Deadlock, f.Kind));
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Async | LooksAt.Locks)]
    [InFlavours("unoptimized", LooksAt.Async | LooksAt.Locks)]
    public async Task AContextOfWhichNobodyWaitsForItsOwnWorkIsHealthy(string flavour)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "Desks", "--free", "1");
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.UntilAsync("all methods to wait", d => d.AsyncStacks.Count(s => s.WaitingFor.Kind == AsyncWaitKind.Ready && s.Frames[0].Method.FullName == Method) == 3
            && d.Threads.Count(t => t.WaitingFor is { Kind: WaitKind.Task, Object: not null }) == 3);
        Assert.Empty(dump.Deadlocks);
        Assert.Empty(dump.Findings);
        Assert.All(dump.Threads, t => Assert.Null(t.WaitingFor?.CapturedContext));
    }
}
