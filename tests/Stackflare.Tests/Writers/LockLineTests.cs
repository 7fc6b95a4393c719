using Stackflare.Building.Waits;
using Stackflare.Views;

namespace Stackflare.Tests.Writers;

/// <summary>What the text says of locks beyond what the golden files show.</summary>
public sealed class LockLineTests
{
    private static readonly DumpFrame Waits = Build.Platform("System.Threading.Monitor", "Enter");
    private static readonly DumpFrame Work = Build.Frame("Work", 31, null);

    [Theory]
    [InlineData(0.05, "at most 50ms")]
    [InlineData(1.5, "at most 1500ms")]
    [InlineData(5, "at most 5s")]
    [InlineData(30.001, "at most 31s")]
    [InlineData(60, "at most 1m")]
    [InlineData(90, "at most 1m30s")]
    [InlineData(3600, "at most 1h")]
    [InlineData(5401, "at most 1h31m")]
    [InlineData(86400, "at most 1d")]
    [InlineData(0, "at most 0ms")]
    public void ALimitIsNeverShorterThanItIs(double seconds, string expected)
    {
        string line = Assert.Single(Lines(Waiting(2, 0x10, limit: TimeSpan.FromSeconds(seconds))));
        Assert.Equal($"   - waiting to lock <0x10> (MyApp.Gate), {expected}", line);
    }

    [Theory]
    [InlineData(0.9, "")]
    [InlineData(1, ", for at least 1s")]
    [InlineData(130.9, ", for at least 2m10s")]
    public void ATimeIsNeverLongerThanItIs(double seconds, string expected)
    {
        string line = Assert.Single(Lines(Waiting(2, 0x10, atLeast: TimeSpan.FromSeconds(seconds))));
        Assert.Equal($"   - waiting to lock <0x10> (MyApp.Gate){expected}", line);
    }

    [Fact]
    public void TimesOfAGroupHoldForAllOfIt()
    {
        // One without a limit, one of which nothing is known: what is left to be said is the longest.
        Assert.Equal("   - waiting to lock one of 2 (MyApp.Gate), the longest for at least 9s", Assert.Single(Lines(
            Waiting(2, 0x10, Timeout.InfiniteTimeSpan, TimeSpan.FromSeconds(9)),
            Waiting(3, 0x20, TimeSpan.FromSeconds(5)),
            Waiting(4, 0x20, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(9)))));
        Assert.Equal("   - waiting to lock a different (MyApp.Gate) in each thread, for at least 9s, at most 6s", Assert.Single(Lines(
            Waiting(2, 0x10, TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(9.5)),
            Waiting(3, 0x20, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(9)))));
    }

    [Fact]
    public void ObjectsOfOtherTypesAreNoGroup()
    {
        string text = Render.Text(Build.Dump(Waiting(2, 0x10), Waiting(3, 0x10, type: null), Waiting(4, 0x30, type: null), Build.Thread(5, "t", ThreadActivity.Blocked, [Waits, Work])));
        Assert.Equal(1, text.Split('\n').Count(l => l.EndsWith("with this stack:", StringComparison.Ordinal)));
        Assert.Contains("   - waiting to lock a different object in each thread\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void WhoHoldsWhatOthersWantIsAlone()
    {
        DumpThread[] holders = [.. Enumerable.Range(2, 3).Select(i => Build.Thread(i, $"t{i}", ThreadActivity.Running, [Work]))];
        DumpLock[] locks = [.. holders.Select(h => Lock((ulong)h.OsId.Value, owner: h))];
        foreach (var (holder, known) in holders.Zip(locks))
            holder.HeldLocks = [new HeldLock(known, 0, IsShared: false)];
        Assert.Equal(["   - locked a different (MyApp.Gate) in each thread"], Lines(holders));

        DumpThread waiter = Waiting(9, 0);
        waiter.WaitingFor = new DumpWait { Kind = WaitKind.MonitorEnter, FrameIndex = 0, Lock = locks[1] };
        Assert.Equal(
            [
                "   - locked a different (MyApp.Gate) in each thread",
                "   - waiting to lock <0x1094> (MyApp.Gate) held by \"t3\" #3",
                "   - locked <0x1094> (MyApp.Gate), wanted by 1 thread",
            ],
            Lines([.. holders, waiter]));
    }

    /// <summary>A thread that has been given the lock just now is still on its way out of the wait.</summary>
    [Fact]
    public void NobodyIsInItsOwnWay()
    {
        DumpThread thread = Build.Thread(2, "t2", ThreadActivity.Blocked, [Waits, Work]);
        thread.WaitingFor = new DumpWait { Kind = WaitKind.MonitorEnter, FrameIndex = 0, Lock = Lock(0x10, owner: thread) };
        Assert.Equal(["   - waiting to lock <0x10> (MyApp.Gate)"], Lines(thread));
    }

    [Fact]
    public void UpgradingReadersAreNamedToEachOther()
    {
        DumpThread[] readers = [.. Enumerable.Range(2, 2).Select(i => Build.Thread(i, $"t{i}", ThreadActivity.Blocked, [Waits, Work]))];
        DumpLock known = Lock(0x10, LockKind.ReaderWriterLockSlim, readers: readers);
        foreach (DumpThread reader in readers)
            reader.WaitingFor = new DumpWait { Kind = WaitKind.WriteLock, FrameIndex = 0, Lock = known };
        Assert.Equal(["   - waiting to write <0x10> (MyApp.Gate) read by \"t2\" #2 and \"t3\" #3"], Lines(readers));
        Assert.Equal(
            ["   - waiting to write <0x10> (MyApp.Gate) read by \"t3\" #3", "   - waiting to write <0x10> (MyApp.Gate) read by \"t2\" #2"],
            LinesOf(Render.Text(Build.Dump(readers), Render.Flat)));
    }

    [Fact]
    public void WhatNobodyKnowsOfThePoolIsLeftOut()
    {
        Assert.Equal("Thread pool: workers (2 at work, min 4), 1,000,000,000,000 completed", Pool(new ThreadPoolState(null, 2, 4, null, null, 1_000_000_000_000)));
        Assert.Equal("Thread pool: 1 worker, 0 queued", Pool(new ThreadPoolState(1, null, null, null, 0, null)));
        Assert.Null(Pool(new ThreadPoolState(null, null, null, null, null, null)));
        Assert.Null(Pool(null));
    }

    [Fact]
    public void TimersThatAreDueAreSaidByCallback()
    {
        DueTimers[] timers = [new("MyApp.Cache.Refresh", 1_200, TimeSpan.FromSeconds(31)), new("Task.Delay", 3, TimeSpan.FromSeconds(95)), new("A\n", 2, TimeSpan.FromSeconds(1)), new(null, 4, TimeSpan.FromSeconds(2)), new("B", 1, TimeSpan.FromSeconds(2))];
        Assert.Equal("Timers due: 1,210, the oldest for 1m35s: 1,200 MyApp.Cache.Refresh, 3 Task.Delay, 2 A\\n, 5 more", Due(timers));
        Assert.Equal("Timers due: 4, the oldest for 2s", Due([timers[3]]));
        Assert.Equal("Timers due: at least 3, the oldest for 1m35s: 3 Task.Delay", Due([timers[1]], hasMore: true));
        Assert.Null(Due([]));

        static string? Due(DueTimers[] timers, bool hasMore = false) =>
            Render.Text(Build.Dump() with { ThreadPool = new ThreadPoolState(3, 3, 3, 3, 0, 17) { DueTimers = timers, HasMoreDueTimers = hasMore } }).Split('\n')
                .SingleOrDefault(l => l.StartsWith("Timers due: ", StringComparison.Ordinal));
    }

    [Fact]
    public void WhatIsQueuedIsSaidByType()
    {
        QueuedWork[] work = [new("async method MyApp.Orders.LoadAsync", 140), new("System.Threading.Tasks.Task", 10), new("A`1[\n]", 2), new("B", 1), new("C", 1)];
        Assert.Equal("Queued: 140 async method MyApp.Orders.LoadAsync, 10 System.Threading.Tasks.Task, 2 A`1[\\n], 2 more", Queued(154, work));
        Assert.Equal("Queued: of 154 looked at: 140 async method MyApp.Orders.LoadAsync, 10 System.Threading.Tasks.Task, 2 A`1[\\n], 2 more", Queued(10_000, work));
        Assert.Null(Queued(0, []));

        static string? Queued(int queued, QueuedWork[] work) =>
            Lines(Build.Dump() with { ThreadPool = new ThreadPoolState(3, 3, 3, 3, queued, 17) { QueuedWork = work } }).SingleOrDefault(l => l.StartsWith("Queued: ", StringComparison.Ordinal));

        static string[] Lines(ThreadDump dump) => Render.Text(dump).Split('\n');
    }

    [Fact]
    public void TheDiagnosisIsShortenedUnlessAllIsAskedFor()
    {
        ThreadDump dump = Build.Dump() with
        {
            Findings = [new Finding(FindingKind.Spinning, "Something\nis wrong", [.. Enumerable.Range(1, DiagnosisLimits.Max.Evidence + 5).Select(i => $"evidence {i}")], [])],
        };
        string text = Render.Text(dump), all = Render.Text(dump, Render.All);
        Assert.Contains("\n\nDiagnosis:\n- Something\\nis wrong\n    evidence 1\n", text, StringComparison.Ordinal);
        Assert.Contains("    evidence 20\n    ... and 5 more\n\n", text, StringComparison.Ordinal);
        Assert.EndsWith("    evidence 25\n\n", all, StringComparison.Ordinal);
        Assert.DoesNotContain("more deadlocks", Render.Text(SampleDumps.Get("cycles"), Render.All), StringComparison.Ordinal);
    }

    /// <summary>A thousand threads of which each waits for a lock of its own must not be compared with each other.</summary>
    [Fact]
    public void ManyGroupsOfOneStackAreFoundFast()
    {
        var threads = new List<DumpThread>();
        DumpFrame[] stack = [Waits, .. Enumerable.Range(0, 2000).Select(i => Build.Frame($"F{i}", i, null))];
        for (int i = 0; i < 3000; i++)
        {
            DumpThread thread = Build.Thread(i + 1, "t", ThreadActivity.Blocked, stack);
            thread.WaitingFor = new DumpWait { Kind = WaitKind.MonitorEnter, FrameIndex = 0, Lock = Lock((ulong)i, owner: threads.LastOrDefault() ?? thread) };
            threads.Add(thread);
        }
        LockBuilder.Link(threads);
        ThreadDump dump = Build.Dump(threads);
        var effort = Effort.Begin();
        using var view = new DumpView(dump, RenderOptions.Default);
        Assert.Equal(3000, view.Threads.All.Count);
        Assert.InRange(effort.Used, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    private static string? Pool(ThreadPoolState? pool)
    {
        ThreadDump bare = Build.Dump();
        string text = Render.Text(new ThreadDump
        {
            Process = bare.Process,
            CapturedAt = bare.CapturedAt,
            Timings = bare.Timings,
            Threads = [],
            RuntimeThreads = [],
            ThreadPool = pool,
        });
        return text.Split('\n').SingleOrDefault(l => l.StartsWith("Thread pool", StringComparison.Ordinal));
    }

    private static DumpThread Waiting(int id, ulong address, TimeSpan? limit = null, TimeSpan? atLeast = null, string? type = "MyApp.Gate")
    {
        DumpThread thread = Build.Thread(id, $"t{id}", ThreadActivity.Blocked, [Waits, Work]);
        thread.WaitingFor = new DumpWait { Kind = WaitKind.MonitorEnter, FrameIndex = 0, Lock = Lock(address, type: type), Timeout = limit, AtLeast = atLeast };
        return thread;
    }

    private static DumpLock Lock(ulong address, LockKind kind = LockKind.Monitor, DumpThread? owner = null, string? type = "MyApp.Gate", params IReadOnlyList<DumpThread> readers) =>
        new() { Address = new ObjectAddress(address), Kind = kind, Type = type, Owner = owner, Readers = readers };

    private static string[] Lines(params IReadOnlyList<DumpThread> threads)
    {
        LockBuilder.Link(threads);
        return LinesOf(Render.Text(Build.Dump(threads)));
    }

    private static string[] LinesOf(string text) => [.. text.Split('\n').Where(l => l.StartsWith("   - ", StringComparison.Ordinal))];
}
