using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Findings;

/// <summary>Deadlocks in which a thread waits for code that another thread runs. The dump names the code and both threads.</summary>
public sealed class EntanglementTests
{
    private static readonly (string Thread, WaitKind Kind, string Summary, string Waits)[] Knots =
    [
        ("settings reader", WaitKind.StaticConstructor, "Deadlock through a static constructor: 2 threads wait for each other forever",
            "waits for the static constructor of Stackflare.Targets.Shapes.Problems.Entanglement.Settings, run by \"settings maker\" #"),
        ("call closer", WaitKind.CancellationCallback, "Deadlock through a cancellation callback: 2 threads wait for each other forever", "waits for a cancellation callback, run by \"canceller\" #"),
        ("trimmer", WaitKind.Finalizers, "Deadlock through the finalizers: 2 threads wait for each other forever", "waits for the finalizers, run by \".NET Finalizer\" #2"),
        ("work waiter", WaitKind.Task, "Deadlock through a task: 2 threads wait for each other forever", ", which needs \""),
        ("saver", WaitKind.Task, "Deadlock through a task: 2 threads wait for each other forever", ", which needs \".NET TP Worker\" #"),
        ("collector", WaitKind.Task, "Deadlock through a task: 2 threads wait for each other forever", ", which needs \""),
    ];

    /// <summary>Before .NET 10, the runtime's native code waits for static constructors, and no frame says so.</summary>
    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Locks | LooksAt.Async)]
    [InFlavours("unoptimized", LooksAt.Locks | LooksAt.Async)]
    [InFlavours("net11, unoptimized", LooksAt.Locks | LooksAt.Async)]
    public async Task ADeadlockThroughMoreThanLocksIsNamed(string flavour)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "Entanglement");
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.UntilAsync("all threads to be in a deadlock", d => d.Deadlocks.Count == Knots.Length + 1);
        Assert.All(Knots, knot => AssertKnot(dump, target.Truth.Named(knot.Thread), knot.Kind, knot.Summary, knot.Waits, "Want"));

        // The static constructor waits for the task, and the task for the static constructor.
        Finding catalog = dump.Findings.Single(f => f.Threads.Any(t => t.Name == "catalog reader"));
        Assert.Equal("Deadlock through a task and a static constructor: 2 threads wait for each other forever", Sorted(catalog.Summary));
        Assert.Contains(catalog.Evidence, e => e.Contains("waits for the static constructor of Stackflare.Targets.Shapes.Problems.Entanglement.Catalog, run by \"catalog reader\" #", StringComparison.Ordinal));
        Assert.All(dump.Findings, f => Assert.Equal((FindingKind.Deadlock, 2), (f.Kind, f.Count)));
    }

    /// <summary>Before .NET 11, the owner of a mutex is known only to native code of the runtime.</summary>
    [Theory]
    [InlineData("net11")]
    [InlineData("net11, unoptimized")]
    public async Task MutexesAreLocksAndAThreadCanWaitForItself(string flavour)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "Entanglement", "--wanted", "0", "--mutexes", "1", "--itself", "1");
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.UntilAsync("both deadlocks", d => d.Deadlocks.Count == 2);
        Finding mutexes = dump.Findings.Single(f => f.Count == 2), itself = dump.Findings.Single(f => f is { Count: 1, Kind: FindingKind.Deadlock });
        Assert.Equal("Deadlock: 2 threads wait for each other forever", mutexes.Summary);
        Assert.Equal(["left", "right"], mutexes.Threads.Select(t => t.Name!));
        Assert.Matches(@"^""left"" #\d+ waits for <0x[0-9a-f]+> \(System\.Threading\.Mutex\) held by ""right"" #\d+, at .*Exchange\(", mutexes.Evidence[0]);
        Assert.Equal("Deadlock: a thread waits for itself forever", itself.Summary);
        Assert.Equal(["lonely"], itself.Threads.Select(t => t.Name!));
        Assert.All([.. mutexes.Threads, .. itself.Threads], t =>
        {
            TruthMark mark = target.Truth.Named(t.Name!).Marks[0];
            Assert.Equal((mark.Method, mark.Line), (t.ProgramFrameFrom(0)!.Method.FullName, t.ProgramFrameFrom(0)!.Source!.Line));
        });
        Assert.All(dump.Findings, f => Assert.True(f.Kind is FindingKind.Deadlock or FindingKind.FinalizerBlocked));
    }

    [Theory]
    [InFlavours("optimized", LooksAt.Locks)]
    [InFlavours("unoptimized", LooksAt.Locks)]
    public async Task AThreadThatWaitsForItsOwnEndIsADeadlock(string flavour)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "Entanglement", "--wanted", "0", "--itself", "1");
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.UntilAsync("the deadlock", d => d.Deadlocks.Count > 0);
        DeadlockStep step = Assert.Single(Assert.Single(dump.Deadlocks).Steps);
        TruthThread truth = target.Truth.Named("lonely");
        Assert.Equal((truth.OsId, truth.OsId), (step.Thread.OsId.Value, step.WaitsFor.OsId.Value));
        Assert.Equal((truth.Marks[0].Method, truth.Marks[0].Line), (step.Frame!.Method.FullName, step.Frame.Source!.Line));
    }

    /// <summary>The same waits, but nobody wants what the waiting threads hold.</summary>
    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Locks | LooksAt.Async)]
    public async Task WhoIsWaitedForWithoutADeadlockIsNamedToo(string flavour)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "Entanglement", "--wanted", "0");
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.UntilAsync("all threads to wait", d => Knots.All(k =>
            LockTruth.Of(d, target.Truth.Named(k.Thread)).WaitingFor is { } wait && wait.Kind == k.Kind && wait.WaitsFor is [{ Activity: ThreadActivity.Sleeping }])
            && d.Findings.Count > 0);
        Assert.Empty(dump.Deadlocks);

        // What sleeps in a finalizer is a fault of its own.
        Finding finding = Assert.Single(dump.Findings);
        Assert.Equal((FindingKind.FinalizerBlocked, ".NET Finalizer"), (finding.Kind, Assert.Single(finding.Threads).Name));
        Assert.Matches("^No finalizer runs: the finalizer thread has been in one for at least \\d+ s$", finding.Summary);
        Assert.StartsWith("it is sleeping at Stackflare.Targets.Shapes.Problems.Entanglement.Want(", Assert.Single(finding.Evidence), StringComparison.Ordinal);
    }

    /// <summary>Tasks between a blocked thread and the async methods that it waits for.</summary>
    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Async)]
    [InFlavours("net9", LooksAt.Async)]
    [InFlavours("unoptimized", LooksAt.Async)]
    public async Task WhoIsBlockedByAnAsyncMethodIsNamedWithIt(string flavour)
    {
        (string Thread, int Stacks)[] ways =
            [("WhenAll", 2), ("WaitAll", 2), ("WhenAny", 2), ("WaitAny", 2), ("Run", 1), ("Unwrap", 1), ("WaitAsync", 1), ("ContinueWith", 1), ("ForEachAsync", 2), ("AwaitedLoop", 1), ("Source", 0)];
        await using var target = await DeadlockTests.StartAsync(flavour, "BlockedCallers");
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.UntilAsync("all async methods to wait", d => d.AsyncStacks.Count(s => s.Frames[0].Method.Name == "InnerAsync") == 14
            && ways.All(w => d.AsyncStacks.Count(s => s.BlockedThreads.Any(t => t.Name == w.Thread)) == w.Stacks));
        Assert.All(ways, way =>
        {
            DumpThread thread = LockTruth.Of(dump, target.Truth.Named(way.Thread));
            AsyncStack[] stacks = [.. dump.AsyncStacks.Where(s => s.BlockedThreads.Contains(thread))];
            Assert.Equal((way.Thread, way.Stacks), (way.Thread, stacks.Length));
            Assert.All(stacks, s => Assert.Equal(way.Thread switch { "ForEachAsync" => 4, "Run" => 3, "AwaitedLoop" => 1, _ => 2 }, s.Frames.Count));
        });
        AsyncStack loop = dump.AsyncStacks.Single(s => s.Frames[0].Method.Name == "AwaitLoopAsync");
        Assert.Equal((AsyncWaitKind.WhenAll, 2, 2), (loop.WaitingFor.Kind, loop.WaitingFor.Pending, loop.WaitingFor.Unfinished.Count));
        Assert.All(loop.WaitingFor.Unfinished, s => Assert.Equal("InnerAsync", s.Frames[0].Method.Name));
        string text = LiveDumps.Text(dump, new RenderOptions());
        Assert.Contains("1 async stack waiting for Parallel.ForEachAsync, 2 not done", text, StringComparison.Ordinal);
        Assert.Matches(@"- ""W\w+Any"" #\d+ and ""W\w+Any"" #\d+ are blocked until this or another task completes", text);
        Assert.Empty(dump.Findings);
    }

    private static void AssertKnot(ThreadDump dump, TruthThread truth, WaitKind kind, string summary, string waits, string wanting)
    {
        DumpThread thread = LockTruth.Of(dump, truth);
        Deadlock deadlock = dump.Deadlocks.Single(d => d.Steps.Any(s => s.Thread == thread));
        DeadlockStep step = deadlock.Steps.Single(s => s.Thread == thread), other = deadlock.Steps.Single(s => s.Thread != thread);
        Assert.Equal((kind, WaitKind.MonitorEnter), (step.Wait.Kind, other.Wait.Kind));
        Assert.Equal([other.Thread], step.Wait.WaitsFor);
        Assert.Same(thread, other.Wait.Lock!.Owner);
        Assert.Equal(wanting, other.Frame!.Method.Name);
        TruthMark mark = truth.Marks[0];
        Assert.Contains(thread.Frames, f => f.Method.FullName == mark.Method && f.Source?.Line == mark.Line);
        if (kind != WaitKind.StaticConstructor)
            Assert.Equal((mark.Method, mark.Line), (step.Frame!.Method.FullName, step.Frame.Source!.Line));
        Finding finding = dump.Findings.Single(f => f.Threads.Contains(thread));
        Assert.Equal(summary, finding.Summary);
        Assert.Contains(finding.Evidence, e => e.StartsWith($"\"{truth.Name}\" #", StringComparison.Ordinal) && e.Contains(waits, StringComparison.Ordinal));
        Assert.Equal([.. deadlock.Steps.Select(s => s.Thread)], finding.Threads);
    }

    /// <summary>A cycle can begin with either thread.</summary>
    private static string Sorted(string summary) => summary.Replace("a static constructor and a task", "a task and a static constructor", StringComparison.Ordinal);
}
