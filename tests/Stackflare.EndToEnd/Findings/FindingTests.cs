using System.Globalization;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Findings;

/// <summary>What is wrong with a program besides deadlocks is said, with its place.</summary>
public sealed class FindingTests
{
    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Locks, "managed")]
    [InFlavours(Spread.Runtimes, LooksAt.Locks, "native")]
    [InFlavours("unoptimized", LooksAt.Locks, "native")]
    public async Task FiftyWaitForOneWhoIsInASlowCall(string flavour, string partner)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "CouponService", "--partner", partner);
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.WhenAllWaitAsync();
        LockTruth.AssertIn(dump, target.Truth);
        TruthThread holder = target.Truth.Named("first customer");
        DumpThread first = LockTruth.Of(dump, holder);
        DumpLock coupons = Assert.Single(first.HeldLocks).Lock;
        Assert.Same(first, coupons.Owner);
        Assert.Equal(target.Truth.Threads.Where(t => t.Wanted is not null).Select(t => t.OsId).Order(), coupons.Waiters.Select(w => w.OsId.Value).Order());
        Assert.Equal(50, coupons.Waiters.Count);
        Assert.Equal(partner == "managed" ? WaitKind.Sleep : null, first.WaitingFor?.Kind);
        Assert.Empty(dump.Deadlocks);

        Finding convoy = Assert.Single(dump.Findings);
        Assert.Equal((FindingKind.LockConvoy, 50), (convoy.Kind, convoy.Threads.Count));
        Assert.Equal(coupons.Waiters, convoy.Threads);
        // For a native call the innermost frame of the program is the declaration of the call, which has no line.
        TruthMark call = holder.Marks[0], wait = target.Truth.Named("customer 0").Marks[0];
        Assert.Contains(convoy.Evidence, e => e.Contains("\"first customer\"", StringComparison.Ordinal)
            && (partner == "native" ? e.Contains("Libc.", StringComparison.Ordinal) : Is(e, call)));
        Assert.Contains(convoy.Evidence, e => e.StartsWith("50 wait ", StringComparison.Ordinal) && Is(e, wait));
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Locks | LooksAt.Pool)]
    public async Task RequestsThatBlockOnTasksStarveThePool(string flavour)
    {
        await using var server = await WebServer.StartAsync(Flavour.Named(flavour), Path.Combine(TestPaths.TargetOutput("OrderApi", "net10.0"), "OrderApi"));
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        int workers = Environment.ProcessorCount + 1;
        Task[] requests = [.. Enumerable.Range(1, 3 * workers).Select(n => client.GetStringAsync(new Uri(server.Address, $"order/{n}"), end.Token))];
        using var dumps = new LiveDumps(server.Pid, () => server.Output.Text);
        ThreadDump dump = await dumps.UntilAsync("a starved pool", d => d.Findings.Any(f => f.Kind == FindingKind.ThreadPoolStarved
            && f.Evidence.Any(e => e.StartsWith($"sync over async: {workers} workers ", StringComparison.Ordinal))));

        Finding finding = Assert.Single(dump.Findings);
        // The server has written the line, but on a busy machine it may not have been read yet.
        string[] truth = await server.Output.WaitAsync(_ => Array.Find(server.Output.Text.Split('\n')[..^1], l => l.StartsWith("BLOCKS ", StringComparison.Ordinal))?.Split(' '), "where it blocks");
        Assert.Contains(finding.Evidence, e => e.StartsWith($"sync over async: {workers} workers ", StringComparison.Ordinal));
        Assert.Contains(finding.Evidence, e => e.StartsWith($"{workers} are blocked at {truth[1]}(", StringComparison.Ordinal) && e.EndsWith($"Orders.cs:line {truth[2]}", StringComparison.Ordinal));
        Assert.All(finding.Threads, t => Assert.Equal((true, WaitKind.Task), (t.IsThreadPool, t.WaitingFor!.Kind)));
        await end.CancelAsync();
        await Task.WhenAll(requests).ContinueWith(_ => { }, TaskScheduler.Default);
    }

    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Stacks)]
    public async Task AThreadThatSpinsIsNamedWithItsPlace(string flavour)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "Spinning");
        using var dumps = new LiveDumps(target);
        // That it has a processor for some milliseconds is a matter of luck where others run too.
        ThreadDump dump = await dumps.UntilAsync("a thread that spins", d => d.Findings.Any(f => f.Kind == FindingKind.Spinning));
        Finding finding = Assert.Single(dump.Findings);
        Assert.All(finding.Threads, thread =>
        {
            TruthThread truth = target.Truth.Threads.Single(t => t.OsId == thread.OsId.Value);
            Assert.Contains(finding.Evidence, e => e.Contains($"\"{thread.DisplayName}\"", StringComparison.Ordinal) && Enumerable.Range(0, 2 + truth.Marks[0].Line - truth.Marks[1].Line)
                .Any(i => Is(e, truth.Marks[0] with { Line = truth.Marks[1].Line - 1 + i }) || e.Contains(".Spinning.Step(", StringComparison.Ordinal)));
        });
    }

    /// <summary>Each of them has a processor for only a part of the time.</summary>
    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    [InFlavours("unoptimized", LooksAt.Stacks)]
    public async Task MoreThreadsThatSpinThanProcessors(string flavour)
    {
        int threads = 3 * Environment.ProcessorCount;
        await using var target = await DeadlockTests.StartAsync(flavour, "Spinning", "--threads", threads.ToString(CultureInfo.InvariantCulture));
        using var dumps = new LiveDumps(target);
        // How long the others of the machine leave them without a processor is a matter of luck.
        ThreadDump dump = await dumps.UntilAsync("all threads that spin", d => d.Findings.Any(f => f.Kind == FindingKind.Spinning && f.Count == threads));
        Finding finding = Assert.Single(dump.Findings);
        Assert.Equal(target.Truth.Threads.Select(t => t.OsId).Order(), finding.Threads.Select(t => t.OsId.Value).Order());
        Assert.Equal($"{threads} threads keep the processors busy that they share", finding.Summary);
        Assert.Contains(finding.Threads, t => t.RecentCpu!.Ready > TimeSpan.Zero);
    }

    /// <summary>They work without a break, but each waits for another one after a moment.</summary>
    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task ThreadsThatWorkAndWaitDoNotSpin(string flavour)
    {
        // On a busy machine, few dumps meet a thread at work.
        const int Dumps = 10;
        await using var target = await DeadlockTests.StartAsync(flavour, "Relay", "--runners", (3 * Environment.ProcessorCount).ToString(CultureInfo.InvariantCulture));
        using var dumps = new LiveDumps(target);
        int taken = 0;
        bool isMeasured = false;
        await dumps.UntilAsync("a thread that was at work", dump =>
        {
            Assert.Empty(dump.Findings);
            isMeasured |= dump.Threads.Any(t => t.RecentCpu is not null);
            return ++taken >= Dumps && isMeasured;
        });
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Locks | LooksAt.Pool, "result", 12, 1)]
    [InFlavours("unoptimized", LooksAt.Locks | LooksAt.Pool, "result", 12, 1)]
    [InFlavours(Spread.Newest, LooksAt.Locks | LooksAt.Pool, "socket", 4, 0)]
    [InFlavours("net9", LooksAt.Locks | LooksAt.Pool, "socket", 4, 0)]
    public async Task APoolIsStarvedIfNearlyAllItsWorkersAreBlocked(string flavour, string place, int workers, int working)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "PoolSaturated", "--in", place, "--workers", $"{workers}", "--working", $"{working}");
        using var dumps = new LiveDumps(target);
        // On a busy machine, the time of a capture may not be enough for a second look at the pool.
        ThreadDump dump = await dumps.UntilAsync("a starved pool", d => d.ThreadPool is { CompletedLater: not null } && d.Findings.Any(f => f.Kind == FindingKind.ThreadPoolStarved));
        Finding finding = dump.Findings.Single(f => f.Kind == FindingKind.ThreadPoolStarved);
        int blocked = workers - working;
        Assert.Equal(working == 0 ? $"Thread pool starved: all {workers} workers are blocked" : $"Thread pool starved: {blocked} of {workers} workers are blocked", finding.Summary);
        Assert.Equal(blocked, finding.Count);
        Assert.StartsWith("100 work items are queued, and ", finding.Evidence[0], StringComparison.Ordinal);
        Assert.StartsWith(
            place == "socket" ? $"synchronous calls: {blocked} workers are blocked in System.Net.Sockets.NetworkStream.Read" : $"sync over async: {blocked} workers are blocked",
            finding.Evidence[2],
            StringComparison.Ordinal);
        TruthMark mark = target.Truth.Threads.Select(t => t.Marks[0]).First(m => !m.Method.EndsWith(".Work", StringComparison.Ordinal));
        Assert.True(finding.Evidence[1].StartsWith($"{blocked} are blocked ", StringComparison.Ordinal) && Is(finding.Evidence[1], mark), finding.ToString());
        Assert.NotNull(dump.ThreadPool!.Completed);
        Assert.Equal(dump.ThreadPool.Completed, dump.ThreadPool.CompletedLater);
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Locks | LooksAt.Pool)]
    public async Task APoolWithAFreeWorkerIsNotStarved(string flavour)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "PoolSaturated", "--in", "result", "--workers", "4", "--working", "1");
        using var dumps = new LiveDumps(target);
        Assert.DoesNotContain(dumps.Take().Findings, f => f.Kind == FindingKind.ThreadPoolStarved);
    }

    [Theory]
    [InFlavours("optimized", LooksAt.Stacks)]
    [InFlavours("untiered", LooksAt.Stacks)]
    [InFlavours("net11, untiered", LooksAt.Stacks)]
    [InFlavours("net9", LooksAt.Stacks)]
    [InFlavours("net8", LooksAt.Stacks)]
    public async Task HundredsOfThreadsWithOneStack(string flavour)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "ManyThreads", "--threads", "300");
        await AssertAllAlikeAsync(target);
    }

    /// <summary>Half of them stand at another address of the same line.</summary>
    [Theory]
    [InFlavours("optimized", LooksAt.Stacks)]
    [InFlavours("net9", LooksAt.Stacks)]
    public async Task HundredsOfThreadsInAMethodThatWasCompiledTwice(string flavour)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "ManyThreads", "--threads", "300", "--again", "1");
        ThreadDump dump = await AssertAllAlikeAsync(target);
        DumpFrame[] crowd = [.. dump.Threads.SelectMany(t => t.Frames).Where(f => f.Method.Name == "Crowd").Distinct()];
        Assert.True(crowd.Select(f => f.Address).Distinct().Count() > 1);
        Assert.Single(crowd.Select(f => (f.ILOffset, f.Source!.Line)).Distinct());
        Assert.Contains("\n300 threads with this stack:\n", LiveDumps.Text(dump, new RenderOptions()), StringComparison.Ordinal);
    }

    private static async Task<ThreadDump> AssertAllAlikeAsync(TargetProcess target)
    {
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.UntilAsync("all threads to stand", d => d.Findings.Any(f => f.Threads.Count == 300));
        Finding finding = Assert.Single(dump.Findings);
        Assert.Equal(FindingKind.ManyAlike, finding.Kind);
        Assert.Equal(target.Truth.Threads.Select(t => t.OsId).Order(), finding.Threads.Select(t => t.OsId.Value).Order());
        Assert.Contains("Stackflare.Targets.Common.Parking.Wait()", Assert.Single(finding.Evidence), StringComparison.Ordinal);
        return dump;
    }

    /// <summary>A thread that the runtime cannot stop, while a collection wants it to: no stacks, but who it is. When it is over all is well.</summary>
    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Locks)]
    public async Task WhoKeepsACollectionFromBeginning(string flavour)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "Thermometer", "--seconds", "10");
        using var dumps = new LiveDumps(target.Pid, target.Describe, new CaptureOptions { Limits = new DumpLimits { Timeout = TimeSpan.FromSeconds(1) } });
        Task measured = target.CommandAsync("measure");
        await target.WaitForCollectionAsync("tidy", "reader");
        SuspensionTimeoutException? error = null;
        // On a busy machine, the time can be over before the probe has looked at the threads.
        await Poll.UntilAsync(() => (error = Record.Exception(() => dumps.Take()) as SuspensionTimeoutException) is { Stuck.Count: > 0 }, "a dump that says who", target.Describe);
        Assert.Equal("reader", Assert.Single(error!.Stuck).Name);
        Assert.Contains("a garbage collection waits for \"reader\"", error.Problem, StringComparison.Ordinal);

        await target.WaitForLineAsync("MEASURED");
        await target.WaitForLineAsync("TIDY");
        await measured;
        ThreadDump dump = dumps.Take();
        Assert.All(target.Truth.Threads, t => Assert.NotEmpty(LockTruth.Of(dump, t).Frames));
        Assert.Empty(dump.Findings);
        await target.AssertAliveAsync();
    }

    private static bool Is(string evidence, TruthMark mark) =>
        evidence.Contains($" {mark.Method}(", StringComparison.Ordinal)
        && (evidence.EndsWith($".cs:line {mark.Line}", StringComparison.Ordinal) || evidence.EndsWith($".cs:line {mark.Line} (approximate)", StringComparison.Ordinal));
}
