using Stackflare.Analysis;
using Stackflare.Tests.Symbols;
using Stackflare.Tests.Writers;

namespace Stackflare.Tests.Analysis;

public sealed partial class DumpAnalyzerTests
{
    private static readonly DumpFrame Dispatch = Build.Platform("System.Threading.ThreadPoolWorkQueue", "Dispatch");
    private static readonly DumpFrame WorkerStart = Build.Platform("System.Threading.PortableThreadPool.WorkerThread", "WorkerThreadStart");
    private static readonly DumpFrame Handler = Build.Frame("Handle", 12, "client.GetAsync().Result");

    [Fact]
    public void AHealthyProgramHasNothingSaidOfIt()
    {
        DumpThread[] threads = [Waiting.Thread(1), Worker(2, busy: false), Worker(3, busy: true)];

        Assert.Empty(Examine(threads, new ThreadPoolState(2, 1, 2, 100, 7, null)));
    }

    [Fact]
    public void ADeadlockIsSaidWithItsSteps()
    {
        DumpThread[] t = [Waiting.Thread(1), Waiting.Thread(2), Waiting.Thread(3)];
        t[0].WaitsFor(t[1]);
        t[1].Joins(t[0]);
        t[2].WaitsFor(t[0]);

        Finding finding = Assert.Single(Examine(t));

        Assert.Equal(FindingKind.Deadlock, finding.Kind);
        Assert.Equal("Deadlock: 2 threads wait for each other forever", finding.Summary);
        Assert.Equal(
            [
                "\"t1\" #1 waits to lock <0x7000> (MyApp.Gate) held by \"t2\" #2, at MyApp.Program.Work() in /src/Program.cs:line 11",
                "\"t2\" #2 waits for the end of \"t1\" #1, at MyApp.Program.Work() in /src/Program.cs:line 12",
                "1 more thread waits behind them",
            ],
            finding.Evidence);
        Assert.Equal(t[..2], finding.Threads);
        Assert.Equal(2, finding.Count);
        Assert.Same(t[0].WaitingFor!.Lock, Assert.Single(finding.Locks));
        Assert.Equal([new FindingFrame(t[0].Frames[0], 1), new FindingFrame(t[1].Frames[0], 1)], finding.Frames);
    }

    [Fact]
    public void ACycleWithATimeLimitIsNoDeadlock()
    {
        DumpThread[] t = [Waiting.Thread(1), Waiting.Thread(2)];
        t[0].WaitsFor(t[1]);
        t[1].WaitsFor(t[0], TimeSpan.FromSeconds(30));

        ThreadDump dump = DumpAnalyzer.Analyze(Build.Dump(t));

        Assert.Empty(dump.Deadlocks);
        Finding finding = Assert.Single(dump.Findings);
        Assert.Equal(FindingKind.TimedDeadlock, finding.Kind);
        Assert.Equal("2 threads wait for each other until \"t2\" #2 gives up: its time limit is 30 s", finding.Summary);
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(5, true)]
    public void ManyWaitersForOneLockAreAConvoy(int waiters, bool isSaid)
    {
        DumpThread owner = Build.Thread(1, "holder", ThreadActivity.Sleeping, [Build.Frame("Slow", 99, null)]);
        DumpLock gate = Waiting.Lock(owner);
        DumpThread[] threads = [.. Enumerable.Range(2, waiters).Select(i => Build.Thread(i, null, ThreadActivity.Blocked, [Handler]))];
        foreach (DumpThread thread in threads)
            thread.WaitsFor(gate);

        IReadOnlyList<Finding> findings = Examine([owner, .. threads]);

        Assert.Equal(isSaid, findings.Count > 0);
        if (!isSaid)
            return;
        Assert.Equal(FindingKind.LockConvoy, findings.Single().Kind);
        Assert.Equal("Lock convoy: 5 threads wait for <0x7000> (MyApp.Gate)", findings.Single().Summary);
        Assert.Equal(
            ["it is held by \"holder\" #1, sleeping at MyApp.Program.Slow() in /src/Program.cs:line 99", "5 wait at MyApp.Program.Handle() in /src/Program.cs:line 12"],
            findings.Single().Evidence);
        Assert.Equal(threads, findings.Single().Threads);
        Assert.Equal((5, gate), (findings.Single().Count, Assert.Single(findings.Single().Locks)));
        Assert.Equal([new FindingFrame(Handler, 5)], findings.Single().Frames);
    }

    [Fact]
    public void ALockWhoseHolderHasEndedWillNeverBeFree()
    {
        DumpThread thread = Waiting.Thread(1);
        thread.WaitsFor(Waiting.Lock(null, abandoned: true));

        Finding finding = Assert.Single(Examine([thread]));

        Assert.Equal((FindingKind.AbandonedLock, "<0x7000> (MyApp.Gate) will never be released: the thread that held it has ended"), (finding.Kind, finding.Summary));
        Assert.Equal(["1 waits at MyApp.Program.Work() in /src/Program.cs:line 11"], finding.Evidence);
        Assert.Equal([thread], finding.Threads);
        Assert.Equal(thread.WaitingFor!.Lock, Assert.Single(finding.Locks));
        Assert.Equal([new FindingFrame(thread.Frames[0], 1)], finding.Frames);
    }

    [Theory]
    [InlineData(WaitKind.Task, null, true)]
    [InlineData(WaitKind.MonitorWait, null, true)]
    [InlineData(WaitKind.Task, 5, false)] // gives up
    [InlineData(WaitKind.Sleep, null, false)] // goes on
    public void WhoHoldsWhatOthersWantAndWaitsItselfIsNamed(WaitKind kind, int? seconds, bool isSaid)
    {
        DumpThread holder = Waiting.Thread(1), wanting = Waiting.Thread(2);
        DumpLock gate = Waiting.Lock(holder);
        holder.HeldLocks = [new HeldLock(gate, 0, IsShared: false)];
        holder.WaitingFor = new DumpWait { Kind = kind, FrameIndex = 0, Timeout = seconds is { } s ? TimeSpan.FromSeconds(s) : Timeout.InfiniteTimeSpan };
        wanting.WaitsFor(gate);

        IReadOnlyList<Finding> findings = Examine([holder, wanting]);

        Assert.Equal(isSaid, findings.Count == 1);
        if (!isSaid || kind != WaitKind.Task)
            return;
        Assert.Equal(
            (FindingKind.HoldsAndWaits, "\"t1\" #1 holds <0x7000> (MyApp.Gate), which 1 thread wants, and is waiting for a task"),
            (findings[0].Kind, findings[0].Summary));
        Assert.Equal(
            ["it waits at MyApp.Program.Work() in /src/Program.cs:line 11", "1 waits for it at MyApp.Program.Work() in /src/Program.cs:line 12"], findings[0].Evidence);
        Assert.Equal((2, gate), (findings[0].Count, Assert.Single(findings[0].Locks)));
        Assert.Equal([new FindingFrame(holder.Frames[0], 1), new FindingFrame(wanting.Frames[0], 1)], findings[0].Frames);
    }

    [Fact]
    public void WhoWaitsBehindADeadlockIsNoConvoy()
    {
        DumpThread[] t = [.. Enumerable.Range(1, 20).Select(i => Waiting.Thread(i))];
        DumpLock gate = Waiting.Lock(t[0]);
        t[0].WaitsFor(t[1]);
        foreach (DumpThread thread in t[1..])
            thread.WaitsFor(gate);

        Assert.Equal(FindingKind.Deadlock, Assert.Single(Examine(t)).Kind);
    }

    [Theory]
    [InlineData(3, 3, 7L, true)]
    [InlineData(3, 3, null, true)]
    [InlineData(3, 3, 0L, false)] // nothing waits for a worker
    [InlineData(2, 3, 7L, false)] // one more is started at once
    [InlineData(4, 3, 7L, true)]
    public void APoolIsStarvedWhenAllItsWorkersAreBlocked(int workers, int min, long? queued, bool isSaid)
    {
        DumpThread[] threads = [.. Enumerable.Range(1, workers).Select(i => Worker(i, busy: true))];

        Assert.Equal(isSaid, Examine(threads, new ThreadPoolState(workers, workers, min, 100, queued, null)).Count == 1);
    }

    [Theory]
    [InlineData(7, null, null, true)] // not looked at
    [InlineData(7, 40, 7, true)]
    [InlineData(7, 46, 1, true)]
    [InlineData(7, 47, 0, false)]
    [InlineData(7, 47, 3, false)]
    [InlineData(7, 60, 7, true)] // slow calls end, and as many items are queued again
    [InlineData(1, 900, 0, false)]
    public void APoolWhoseQueueMovesIsNotStarved(int queued, int? completedLater, int? queuedLater, bool isSaid)
    {
        DumpThread[] threads = [Worker(1, busy: true), Worker(2, busy: true)];

        Assert.Equal(isSaid, Examine(threads, new ThreadPoolState(2, 2, 2, 100, queued, 40) { CompletedLater = completedLater, QueuedLater = queuedLater }).Count == 1);
    }

    [Fact]
    public void SyncOverAsyncIsNamedWithItsLine()
    {
        DumpThread gate = Build.Thread(3, ".NET TP Gate", ThreadActivity.Waiting, [Build.Platform("System.Threading.PortableThreadPool.GateThread", "GateThreadStart")], pool: true);
        DumpThread[] threads = [Worker(1, busy: true), Worker(2, busy: true), gate];

        Finding finding = Assert.Single(Examine(threads, new ThreadPoolState(2, 2, 2, 100, 1, null)));

        Assert.Equal(FindingKind.ThreadPoolStarved, finding.Kind);
        Assert.Equal("Thread pool starved: all 2 workers are blocked", finding.Summary);
        Assert.Equal(
            [
                "1 work item is queued, and no worker is free to take one",
                "2 are blocked at MyApp.Program.Handle() in /src/Program.cs:line 12",
                "sync over async: 2 workers are blocked until a task completes, and the task may need a worker itself",
            ],
            finding.Evidence);
        Assert.Equal([new FindingFrame(Handler, 2)], finding.Frames);
        Assert.Empty(finding.Locks);
    }

    [Fact]
    public void AnIdleWorkerIsEnoughForAPoolNotToBeStarved() =>
        Assert.Empty(Examine([Worker(1, busy: true), Worker(2, busy: false)], new ThreadPoolState(2, 1, 2, 100, 5, null)));

    [Theory]
    [InlineData(36, 35, 63L, "Thread pool starved: 35 of 36 workers are blocked", "63 work items are queued, and only 1 worker is not blocked")]
    [InlineData(36, 35, 1L, null, null)] // the free worker takes it
    [InlineData(36, 32, 63L, null, null)] // four workers take them one after another
    [InlineData(9, 8, 63L, null, null)]
    [InlineData(36, 35, null, null, null)]
    public void APoolIsStarvedWhenNearlyAllItsWorkersAreBlocked(int workers, int blocked, long? queued, string? summary, string? evidence)
    {
        DumpThread[] threads =
        [
            .. Enumerable.Range(1, blocked).Select(i => Worker(i, busy: true)),
            .. Enumerable.Range(blocked + 1, workers - blocked).Select(i => Build.Thread(i, ".NET TP Worker", ThreadActivity.Running, [Handler, Dispatch, WorkerStart], pool: true)),
        ];

        IReadOnlyList<Finding> findings = Examine(threads, new ThreadPoolState(workers, workers, 2, 100, queued, null));

        Assert.Equal(summary, findings.SingleOrDefault()?.Summary);
        if (summary is null)
            return;
        Assert.Equal(evidence, findings[0].Evidence[0]);
        Assert.Equal($"{blocked} are blocked at MyApp.Program.Handle() in /src/Program.cs:line 12", findings[0].Evidence[1]);
        Assert.Equal((blocked, blocked), (findings[0].Count, findings[0].Threads.Count));
    }

    [Theory]
    [InlineData(ThreadActivity.Waiting, null, true)]
    [InlineData(ThreadActivity.Waiting, 900, true)]
    [InlineData(ThreadActivity.Waiting, 5, false)] // one of many short reads
    [InlineData(ThreadActivity.Running, null, false)]
    public void AWorkerInASynchronousReadIsBlocked(ThreadActivity activity, int? offCpuMs, bool isSaid)
    {
        DumpThread[] threads =
        [
            .. Enumerable.Range(1, 4).Select(i => new DumpThread
            {
                OsId = new OsThreadId(i),
                Activity = activity,
                OffCpuTime = offCpuMs is { } ms ? TimeSpan.FromMilliseconds(ms) : null,
                Frames = [Build.Platform("System.Net.Sockets.SocketPal", "SysReceive"), Build.Platform("System.Net.Sockets.NetworkStream", "Read"), Handler, Dispatch, WorkerStart],
            }),
        ];

        IReadOnlyList<Finding> findings = Examine(threads, new ThreadPoolState(4, 4, 2, 100, 7, null));

        Assert.Equal(isSaid, findings.Count > 0);
        if (!isSaid)
            return;
        Assert.Equal(FindingKind.ThreadPoolStarved, findings.Single().Kind);
        Assert.Equal(
            [
                "7 work items are queued, and no worker is free to take one",
                "4 are blocked at MyApp.Program.Handle() in /src/Program.cs:line 12",
                "synchronous calls: 4 workers are blocked in System.Net.Sockets.NetworkStream.Read",
            ],
            findings.Single().Evidence);
    }

    /// <summary>The kernel gives a processor to one of them after the other.</summary>
    [Theory]
    [InlineData(10.1, 33.8, true)]
    [InlineData(3.1, 40.8, false)] // it may be about to sleep
    [InlineData(12.1, 0, false)] // it slept
    public void ThreadsThatShareProcessorsAreBusy(double usedMs, double readyMs, bool isSaid)
    {
        DumpThread[] threads =
        [
            .. Enumerable.Range(1, 9).Select(i => new DumpThread
            {
                OsId = new OsThreadId(i),
                Name = $"request {i}",
                Frames = [Build.Frame("Contains", 12, null)],
                RecentCpu = new RecentCpu(TimeSpan.FromMilliseconds(usedMs), TimeSpan.FromMilliseconds(44)) { Ready = TimeSpan.FromMilliseconds(readyMs) },
            }),
        ];

        IReadOnlyList<Finding> few = Examine(threads[..2]), many = Examine(threads);

        Assert.Equal((isSaid, isSaid), (few.Count > 0, many.Count > 0));
        if (!isSaid)
            return;
        Assert.Equal("2 threads keep the processors busy that they share", few.Single().Summary);
        Assert.Equal("\"request 2\" tid=2 ran for 10.1 of 44.0 ms, and was ready to run for 33.8 ms, at MyApp.Program.Contains() in /src/Program.cs:line 12", few.Single().Evidence[1]);
        Assert.Equal(["9 are at MyApp.Program.Contains() in /src/Program.cs:line 12"], many.Single().Evidence);
        Assert.Equal((FindingKind.Spinning, 9), (many.Single().Kind, many.Single().Count));
        Assert.Equal([new FindingFrame(threads[0].Frames[0], 9)], many.Single().Frames);
    }

    [Theory]
    [InlineData(1, 10.1, 232, false)] // others keep the processor busy
    [InlineData(2, 10.1, 232, true)]
    [InlineData(1, 10.1, 120, true)]
    public void ThreadsThatHardlyGetAProcessorDoNotKeepItBusy(int count, double usedMs, double elapsedMs, bool isSaid)
    {
        IEnumerable<DumpThread> threads = Enumerable.Range(1, count).Select(i => new DumpThread
        {
            OsId = new OsThreadId(i),
            RecentCpu = new RecentCpu(TimeSpan.FromMilliseconds(usedMs), TimeSpan.FromMilliseconds(elapsedMs)) { Ready = TimeSpan.FromMilliseconds(elapsedMs - usedMs) },
        });

        Assert.Equal(isSaid, Examine([.. threads]).Count > 0);
    }

    [Theory]
    [InlineData(3.9, true)]
    [InlineData(3.5, false)]
    public void ABusyThreadIsSaidWithItsPlace(double usedMs, bool isSaid)
    {
        DumpThread busy = new()
        {
            OsId = new OsThreadId(7),
            Name = "reports",
            Frames = [Build.Frame("Visit", 57, null)],
            RecentCpu = new RecentCpu(TimeSpan.FromMilliseconds(usedMs), TimeSpan.FromMilliseconds(4)),
        };

        IReadOnlyList<Finding> findings = Examine([busy]);

        Assert.Equal(isSaid, findings.Count > 0);
        if (!isSaid)
            return;
        Assert.Equal(FindingKind.Spinning, findings.Single().Kind);
        Assert.Equal(["\"reports\" tid=7 ran for 3.9 of 4.0 ms at MyApp.Program.Visit() in /src/Program.cs:line 57"], findings.Single().Evidence);
        Assert.Equal([new FindingFrame(busy.Frames[0], 1)], findings.Single().Frames);
    }

    [Theory]
    [InlineData(99, false)]
    [InlineData(100, true)]
    public void HundredsAlikeAreSaid(int alike, bool isSaid)
    {
        DumpThread[] threads =
        [
            .. Enumerable.Range(1, alike).Select(i => Build.Thread(i, null, ThreadActivity.Waiting, [WorkerStart, Handler])),
            .. Enumerable.Range(1001, 200).Select(i => Build.Thread(i, null, ThreadActivity.Waiting, [WorkerStart])), // of nobody's making
            Waiting.Thread(5000),
        ];

        IReadOnlyList<Finding> findings = Examine(threads);

        Assert.Equal(isSaid, findings.Count > 0);
        if (!isSaid)
            return;
        Assert.Equal((FindingKind.ManyAlike, "100 threads have the same stack"), (findings.Single().Kind, findings.Single().Summary));
        Assert.Equal(threads[..100], findings.Single().Threads);
        Assert.Equal([new FindingFrame(Handler, 100)], findings.Single().Frames);
    }

    /// <summary>Wherever below the wait they are. Those that wait in something else are others.</summary>
    [Theory]
    [InlineData("Enter", true)]
    [InlineData("Wait", false)]
    public void ThoseThatWaitInOneMethodAreAlike(string other, bool isSaid)
    {
        DumpFrame enter = Build.Platform("System.Threading.Monitor", "Enter"), slow = Build.Platform("System.Threading.Lock", "TryEnterSlow");
        DumpFrame wait = other == "Enter" ? enter : Build.Platform("System.Threading.Monitor", other);
        IReadOnlyList<Finding> findings = Examine(
        [
            .. Enumerable.Range(1, 60).Select(i => Build.Thread(i, null, ThreadActivity.Blocked, [enter, Handler])),
            .. Enumerable.Range(101, 60).Select(i => Build.Thread(i, null, ThreadActivity.Blocked, [slow, wait, Handler])),
        ]);
        Assert.Equal(isSaid ? ["120 threads have the same stack"] : [], findings.Select(static f => f.Summary));
    }

    private static DumpThread Worker(int id, bool busy)
    {
        DumpThread worker = Build.Thread(id, ".NET TP Worker", ThreadActivity.Waiting, busy ? [Handler, Dispatch, WorkerStart] : [WorkerStart], pool: true);
        if (busy)
            worker.WaitingFor = new DumpWait { Kind = WaitKind.Task, FrameIndex = 0 };
        return worker;
    }

    private static IReadOnlyList<Finding> Examine(IReadOnlyList<DumpThread> threads, ThreadPoolState? pool = null) =>
        DumpAnalyzer.Analyze(Build.Dump(threads) with { ThreadPool = pool }).Findings;
}
