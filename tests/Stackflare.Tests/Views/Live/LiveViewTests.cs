using Stackflare.Analysis;
using Stackflare.Views;
using Stackflare.Views.Live;
using static Stackflare.Tests.Writers.Build;
using static Stackflare.ThreadActivity;

namespace Stackflare.Tests.Views.Live;

/// <summary>What a screen says is what the dumps since the screen before have.</summary>
public sealed class LiveViewTests
{
    private static readonly DumpFrame Main = Frame("Main", 1, null), Work = Frame("Work", 2, null), Other = Frame("Other", 3, null), Rest = Frame("Rest", 4, null);
    private static readonly DumpFrame Match = Platform("System.Text.RegularExpressions.Regex", "Match"), Enter = Platform("System.Threading.Monitor", "Enter", "Object obj");

    private readonly LiveView _view = new();
    private readonly Recording _recording;
    private int _milliseconds;

    public LiveViewTests() => _recording = new Recording(RecordingMode.Cpu, _view);

    /// <summary>Time in a method of the framework is at the program's line that calls it; the framework's own lines come last, even if they have more.</summary>
    [Fact]
    public void LinesAreTheProgramsOwn()
    {
        Add(Dump(Worker(0, Match, Work, Main), Framework(0)));
        Add(Dump(Worker(60, Match, Work, Main), Framework(100)));
        Add(Dump(Worker(80, Other, Main), Framework(100)));
        LiveScreen screen = Next();
        Assert.Equal(
            [(Work, StackOwner.Program, 60), (Other, StackOwner.Program, 20), (Match, StackOwner.Platform, 100)],
            screen.Lines.Select(l => (l.Frame, l.Owner, (int)l.Cpu.TotalMilliseconds)));
        Assert.Equal([("framework", 100, Match), ("worker", 80, Work)], screen.Threads.Select(t => (t.Thread!.Name!, (int)t.Cpu.TotalMilliseconds, t.Frame)));
        Assert.All(screen.Threads, t => Assert.True(t.IsBusyThere));
        Assert.Equal(TimeSpan.FromMilliseconds(200), screen.Time);
        Assert.Equal(TimeSpan.Zero, screen.Nowhere);
    }

    /// <summary>Each screen has the time since the one before, and all of it.</summary>
    [Fact]
    public void ScreensFollowEachOther()
    {
        Add(Dump(Worker(1000, Work, Main)));
        LiveScreen first = Next();
        Assert.Equal((TimeSpan.Zero, 0, 0), (first.Time, first.Lines.Count, first.Threads.Count));
        Assert.False(_view.HasNew);

        Add(Dump(Worker(1030, Work, Main)));
        // It has run after it was seen, and waits now.
        Add(Dump(Thread(1, "worker", Waiting, [Rest, Main], cpu: 1040)));
        LiveScreen second = Next();
        Assert.Equal((Work, 40.0), (Assert.Single(second.Lines).Frame, second.Lines[0].Cpu.TotalMilliseconds));
        Assert.Equal(TimeSpan.FromMilliseconds(200), second.Time);

        // In this time, it was never seen where it ran.
        Add(Dump(Thread(1, "worker", Waiting, [Rest, Main], cpu: 1045)));
        LiveScreen third = Next();
        Assert.Empty(third.Lines);
        Assert.Equal(5, third.Nowhere.TotalMilliseconds);
        BusyThread worker = Assert.Single(third.Threads);
        Assert.Equal((Rest, false, 5.0), (worker.Frame, worker.IsBusyThere, worker.Cpu.TotalMilliseconds));
        Assert.Equal(TimeSpan.FromMilliseconds(300), third.SinceFirst);
    }

    /// <summary>For example of the garbage collector.</summary>
    [Fact]
    public void NativeThreadsAreBusyToo()
    {
        Add(Native(500));
        Add(Native(650));
        Add(Native(700));
        BusyThread collector = Assert.Single(Next().Threads);
        Assert.Equal((".NET Server GC", 200.0), (collector.Native!.Name, collector.Cpu.TotalMilliseconds));
        Add(Native(700));
        Assert.Empty(Next().Threads);

        static ThreadDump Native(int milliseconds) =>
            Dump([Worker(0, Work, Main)], [new RuntimeThread(new OsThreadId(77), ".NET Server GC", Running, TimeSpan.FromMilliseconds(milliseconds))], []);
    }

    [Fact]
    public void LocksHaveWhoWantsThemAndWhoHoldsThem()
    {
        Add(Convoy(0x1000, holder: 9, waiters: [2, 3, 4]));
        Add(Convoy(0x1000, holder: 9, waiters: [3, 4]));
        Add(Convoy(0x1000, holder: 9, waiters: [4]));
        Add(Dump(Worker(0, Work, Main)));
        WantedLock wanted = Assert.Single(Next().Locks);
        Assert.Equal((1.5, 3, 3, 1), (wanted.Average, wanted.Most, wanted.Waiters, wanted.Holders));
        Assert.Equal("holder 9", wanted.Holder!.Name);
        Assert.Same(Rest, wanted.HeldAt);
        Assert.Equal([(Other, 1.5)], wanted.WantedAt);
        Add(Dump(Worker(0, Work, Main)));
        Assert.Empty(Next().Locks);
    }

    /// <summary>The collector moves a lock: it is the same if the same threads want it, and another one if others do.</summary>
    [Fact]
    public void ALockThatMovesIsOneLock()
    {
        Add(Convoy(0x1000, holder: 9, waiters: [2, 3]));
        Add(Convoy(0x2000, holder: 3, waiters: [2]));
        Add(Convoy(0x3000, holder: 8, waiters: [5]));
        IReadOnlyList<WantedLock> locks = Next().Locks;
        Assert.Equal([(0x2000UL, 1.0, 2), (0x3000UL, 1.0 / 3, 1)], locks.Select(l => (l.Lock.Address.Value, l.Average, l.Holders)));
    }

    [Fact]
    public void AThreadThatWaitsForAPulseWantsNothing()
    {
        DumpThread waits = Thread(2, "waits", Waiting, [Platform("System.Threading.Monitor", "Wait"), Other]);
        waits.WaitingFor = new DumpWait { Kind = WaitKind.MonitorWait, FrameIndex = 0, Lock = new DumpLock { Address = new ObjectAddress(0x1000), Kind = LockKind.Monitor } };
        Add(Dump(waits));
        Assert.Empty(Next().Locks);
    }

    [Fact]
    public void TheQueueIsComparedWithTheScreenBefore()
    {
        Add(Pool(10, 100));
        Assert.Null(Next().Pool!.Change);
        Add(Pool(30, 100));
        Add(Pool(25, 150));
        QueueTrend trend = Next().Pool!;
        Assert.Equal((15L, 250.0), (trend.Change, trend.Completed));
        for (int i = 0; i < 10; i++)
        {
            Add(Pool(30 + i, 150));
            trend = Next().Pool!;
        }
        Assert.Equal([34, 35, 36, 37, 38, 39], trend.Queued);
    }

    /// <summary>One screen of several dumps, for a script.</summary>
    [Fact]
    public void TheQueueIsComparedWithTheFirstDumpIfThereIsNoScreenBefore()
    {
        Add(Pool(10, 100));
        Add(Pool(30, 110));
        QueueTrend trend = Next().Pool!;
        Assert.Equal((20L, 100.0), (trend.Change, trend.Completed));
    }

    [Fact]
    public void AwaitsAreComparedWithTheFirstDumpThatHasThem()
    {
        DumpFrame load = Async("LoadAsync", 50, null), save = Async("SaveAsync", 60, null), first = Async("FirstAsync", 1, null), second = Async("SecondAsync", 2, null);
        DumpFrame accept = PlatformAsync("Kestrel", "AcceptAsync");
        AsyncWait socket = For(AsyncWaitKind.Socket, operation: "Receive"), delay = For(AsyncWaitKind.Delay);
        Add(AsyncDump([Worker(0, Work, Main)], [.. Times(3, socket, load, first), Stack(delay, save), Stack(For(AsyncWaitKind.Socket, operation: "Accept"), accept)]));
        Add(Dump(Worker(0, Work, Main)));
        Assert.Equal([(load, 3L, null), (save, 1L, null)], Next().Awaits!.Select(g => (g.Frame, g.Count, g.Growth)));

        // Callers do not matter, and the tasks of a WhenAll wait as well, each once.
        AsyncStack[] inner = [.. Times(5, socket, load)];
        Add(AsyncDump([Worker(0, Work, Main)],
            [.. Times(2, socket, load, first), .. Times(3, socket, load, second), Stack(delay, save), Stack(For(AsyncWaitKind.WhenAll, total: 5, unfinished: inner), second), Stack(For(AsyncWaitKind.WhenAll, total: 5, unfinished: inner), second)]));
        Assert.Equal([(load, 10L, 7L), (second, 2L, 2L), (save, 1L, 0L)], Next().Awaits!.Select(g => (g.Frame, g.Count, g.Growth!.Value)));

        static IEnumerable<AsyncStack> Times(int count, AsyncWait wait, params DumpFrame[] frames) => Enumerable.Range(0, count).Select(_ => Stack(wait, frames));
    }

    [Fact]
    public void WithoutAsyncStacksThereAreNone()
    {
        Add(Dump(Worker(0, Work, Main)));
        Assert.Null(Next().Awaits);
    }

    /// <summary>A dump without async stacks comes after one with them: what is known of both is shown.</summary>
    [Fact]
    public void FindingsAreThoseOfTheDumpThatKnowsMost()
    {
        var finding = new Finding(FindingKind.AsyncCycle, "A cycle", ["evidence"], []);
        Add(AsyncDump([Worker(0, Work, Main)]) with { Findings = [finding] });
        Add(Dump(Worker(0, Work, Main)));
        Assert.Equal([finding], Next().Findings);
        Add(Dump(Worker(0, Work, Main)));
        Assert.Empty(Next().Findings);
    }

    private void Add(ThreadDump dump)
    {
        _recording.Add(dump, TimeSpan.FromMilliseconds(_milliseconds));
        _milliseconds += 100;
    }

    private LiveScreen Next()
    {
        _recording.Settle();
        return _view.Next();
    }

    private static DumpThread Worker(int cpu, params DumpFrame[] frames) => Thread(1, "worker", Running, frames, cpu: cpu);

    private static DumpThread Framework(int cpu) => Thread(2, "framework", Running, [Match], cpu: cpu);

    private static ThreadDump Pool(long queued, long completed) => Dump(Worker(0, Work, Main)) with { ThreadPool = new ThreadPoolState(4, 4, 2, 100, queued, completed) };

    private static ThreadDump Convoy(ulong address, int holder, int[] waiters)
    {
        DumpThread held = Thread(holder, $"holder {holder}", Waiting, [Rest, Main]);
        var wanted = new DumpLock { Address = new ObjectAddress(address), Kind = LockKind.Monitor, Type = "MyApp.Gate", Owner = held };
        DumpThread[] blocked = [.. waiters.Select(w => Thread(w, $"waiter {w}", Blocked, [Enter, Other, Main]))];
        foreach (DumpThread thread in blocked)
            thread.WaitingFor = new DumpWait { Kind = WaitKind.MonitorEnter, FrameIndex = 0, Lock = wanted };
        wanted.Waiters = blocked;
        return Dump([held, .. blocked]);
    }
}
