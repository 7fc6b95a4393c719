using Stackflare.Analysis;
using Stackflare.Building.Waits;
using static Stackflare.Tests.Writers.Build;
using static Stackflare.ThreadActivity;

namespace Stackflare.Tests.Writers;

/// <summary>Dumps with locks, waits and what is wrong with them, for the golden files.</summary>
internal static class LockSamples
{
    private static readonly DumpFrame Enter = Platform("System.Threading.Monitor", "Enter", "Object obj");
    private static readonly DumpFrame EnterScope = Platform("System.Threading.Lock", "EnterScope");
    private static readonly DumpFrame Join = Platform("System.Threading.Thread", "Join");
    private static readonly DumpFrame Wait = Platform("System.Threading.Monitor", "Wait", "Object obj, Int32 millisecondsTimeout");
    private static readonly DumpFrame WaitOne = Platform("System.Threading.WaitHandle", "WaitOne");
    private static readonly DumpFrame Main = Frame("Main", 19, "worker.Join();", "String[] args");
    private static readonly DumpFrame StartCallback = Platform("System.Threading.Thread", "StartCallback", hidden: true);
    private static readonly TimeSpan Ever = Timeout.InfiniteTimeSpan;

    /// <summary>Two threads in a cycle, of a monitor and a <c>Lock</c>; one behind them, and one behind that.</summary>
    public static ThreadDump Deadlock()
    {
        DumpFrame ship = Order("Ship", 16, "lock (ledger.Books)"), refund = Order("Refund", 31, "lock (warehouse)"), audit = Order("Audit", 44, "lock (ledger.Books)");
        DumpThread main = Thread(1, null, Waiting, [Join, Main], main: true, background: false, cpu: 120);
        DumpThread shipping = Thread(5, "shipping", Blocked, [EnterScope, ship, Order("Run", 9, "Ship(next);"), StartCallback]);
        DumpThread refunds = Thread(6, "refunds", Blocked, [Enter, refund, StartCallback]);
        DumpThread auditing = Thread(7, "audit", Blocked, [EnterScope, audit, StartCallback]);
        DumpLock warehouse = Lock(0x7ef6798099d8, "OrderService.Warehouse", shipping);
        DumpLock books = Lock(0x7ef6798099f0, "System.Threading.Lock", refunds, LockKind.Lock);
        shipping.HeldLocks = [new HeldLock(warehouse, 1, IsShared: false)];
        refunds.HeldLocks = [new HeldLock(books, 1, IsShared: false)];
        shipping.WaitingFor = For(WaitKind.LockEnter, books, Ever, atLeast: 130);
        refunds.WaitingFor = For(WaitKind.MonitorEnter, warehouse, Ever, atLeast: 130);
        auditing.WaitingFor = For(WaitKind.LockEnter, books, Ever, atLeast: 45);
        main.WaitingFor = new DumpWait { Kind = WaitKind.ThreadJoin, FrameIndex = 0, Joined = auditing, Timeout = Ever };
        return Examined(main, Thread(2, "Finalizer", Waiting, []), shipping, refunds, auditing);
    }

    /// <summary>A writer in the way of readers, readers in the way of writers.</summary>
    public static ThreadDump ReaderWriter()
    {
        DumpFrame enterRead = Platform("System.Threading.ReaderWriterLockSlim", "TryEnterReadLock"), enterWrite = Platform("System.Threading.ReaderWriterLockSlim", "TryEnterWriteLock");
        DumpFrame enterUpgradeable = Platform("System.Threading.ReaderWriterLockSlim", "TryEnterUpgradeableReadLock");
        DumpFrame read = Frame("Read", 50, "Parse(cache[key]);"), get = Frame("Get", 49, "gate.EnterReadLock();"), put = Frame("Put", 60, "gate.EnterWriteLock();");
        DumpThread[] readers = [.. Enumerable.Range(2, 5).Select(i => Thread(i, $"reader {i}", Running, [read]))];
        DumpThread writer = Thread(8, "writer", Blocked, [enterWrite, put]), late = Thread(9, "late reader", Blocked, [enterRead, get]);
        DumpLock cache = Lock(0x7ef679801000, "System.Threading.ReaderWriterLockSlim", null, LockKind.ReaderWriterLockSlim, readers: readers);
        foreach (DumpThread reader in readers)
            reader.HeldLocks = [new HeldLock(cache, 0, IsShared: true)];
        writer.WaitingFor = For(WaitKind.WriteLock, cache, TimeSpan.FromSeconds(30), atLeast: 4);
        late.WaitingFor = For(WaitKind.ReadLock, cache, Ever);

        DumpThread holder = Thread(10, "reload", Running, [Frame("Reload", 70, "Load(file);")]);
        DumpThread[] kept = [.. Enumerable.Range(11, 2).Select(i => Thread(i, $"kept {i}", Blocked, [enterRead, get]))];
        DumpThread upgrading = Thread(13, "upgrading", Blocked, [enterUpgradeable, Frame("Find", 80, "gate.EnterUpgradeableReadLock();")]);
        DumpLock settings = Lock(0x7ef679802000, "System.Threading.ReaderWriterLockSlim", holder, LockKind.ReaderWriterLockSlim);
        holder.HeldLocks = [new HeldLock(settings, 0, IsShared: false)];
        foreach (DumpThread thread in kept)
            thread.WaitingFor = For(WaitKind.ReadLock, settings, TimeSpan.FromMilliseconds(1500));
        upgrading.WaitingFor = For(WaitKind.UpgradeableReadLock, settings, null);
        return Examined([.. readers, writer, late, holder, .. kept, upgrading]);
    }

    /// <summary>Threads with one stack: which of them can be shown together.</summary>
    public static ThreadDump Groups()
    {
        DumpFrame work = Frame("Work", 31, "lock (gate)"), idle = Frame("Idle", 40, "Monitor.Wait(own, 5000);"), use = Frame("Use", 51, "ready.WaitOne();");
        DumpFrame pump = Frame("Pump", 55, "queue.Wait();"), waitPump = Platform("System.Threading.SemaphoreSlim", "Wait");
        DumpThread one = Thread(2, "holder-1", Running, [Frame("Hold", 21, "Compute();")]), two = Thread(3, "holder-2", Running, [Frame("Hold", 22, "Compute();")]);
        DumpLock first = Lock(0x7ef600001000, "MyApp.Gate", one), second = Lock(0x7ef600002000, "MyApp.Gate", two, recursion: 2);
        one.HeldLocks = [new HeldLock(first, 0, IsShared: false)];
        two.HeldLocks = [new HeldLock(second, 0, IsShared: false)];

        // Those who wait for one of two locks that are held are two groups; whatever nobody is kept from is not told apart.
        DumpThread[] blocked = [.. Enumerable.Range(10, 8).Select(i => Thread(i, $"worker-{i}", Blocked, [Enter, work]))];
        for (int i = 0; i < blocked.Length; i++)
            blocked[i].WaitingFor = For(WaitKind.MonitorEnter, i % 3 == 0 ? second : first, null, atLeast: 10 + (i * 20));
        DumpThread[] idling = [.. Enumerable.Range(20, 3).Select(i => Thread(i, $"idle-{i}", Waiting, [Wait, idle]))];
        foreach (DumpThread thread in idling)
            thread.WaitingFor = For(WaitKind.MonitorWait, Lock(0x7ef600010000 + ((ulong)thread.OsId.Value * 16), "System.Object", null), TimeSpan.FromSeconds(5), atLeast: 2);
        DumpThread[] users = [.. Enumerable.Range(30, 3).Select(i => Thread(i, $"user-{i}", Waiting, [WaitOne, use]))];
        for (int i = 0; i < users.Length; i++)
        {
            users[i].WaitingFor = Wanting(WaitKind.WaitHandle, 0x7ef600020000 + ((ulong)i / 2), "System.Threading.ManualResetEvent", TimeSpan.FromSeconds(i + 1));
            users[i].HeldLocks = [new HeldLock(Lock(0x7ef600030000 + (ulong)i, "MyApp.Session", null), 1, IsShared: false)];
        }
        DumpThread[] pumps = [.. Enumerable.Range(40, 2).Select(i => Thread(i, $"pump-{i}", Waiting, [waitPump, pump]))];
        foreach (DumpThread thread in pumps)
            thread.WaitingFor = Wanting(WaitKind.SemaphoreSlim, 0x7ef600040000, "System.Threading.SemaphoreSlim", Ever);
        return Examined([one, two, .. blocked, .. idling, .. users, .. pumps]);
    }

    /// <summary>Waits and locks of which not all is known, or that stand at frames which are not shown.</summary>
    public static ThreadDump Partly()
    {
        DumpFrame hidden = Platform("System.Threading.Lock", "Enter", hidden: true), native = Native;
        DumpThread joined = Thread(9, "joined", Running, [Frame("Run", 90, "Compute();")]);
        DumpThread noFrame = Thread(2, "by a call", Running, [Frame("Run", 12, "Compute();")], completeness: StackCompleteness.Truncated);
        noFrame.HeldLocks = [new HeldLock(Lock(0x1000, "MyApp.Gate", noFrame), null, IsShared: false)];
        DumpThread innermost = Thread(3, "hidden, innermost", Blocked, [hidden, Frame("Work", 13, "lock (gate)")]);
        innermost.WaitingFor = For(WaitKind.LockEnter, Lock(0x2000, null, null), null);
        DumpThread between = Thread(4, "hidden, between", Blocked, [native, hidden, Frame("Work", 14, "lock (gate)")]);
        between.WaitingFor = new DumpWait { Kind = WaitKind.LockEnter, FrameIndex = 1, Lock = Lock(0x3000, "System.Threading.Lock", noFrame, LockKind.Lock), WaitsFor = [noFrame] };
        DumpThread only = Thread(5, "hidden only", Blocked, [hidden]);
        only.WaitingFor = For(WaitKind.LockEnter, Lock(0x4000, "System.Threading.Lock", null, LockKind.Lock), null);
        DumpThread kindOnly = Thread(6, "nothing but the kind", Waiting, [WaitOne]);
        kindOnly.WaitingFor = new DumpWait { Kind = WaitKind.WaitHandle, FrameIndex = 0, AtLeast = TimeSpan.FromHours(1) };
        DumpThread joining = Thread(7, "joining", Waiting, [Join, Frame("Stop", 17, "worker.Join(5000);")]);
        joining.WaitingFor = new DumpWait { Kind = WaitKind.ThreadJoin, FrameIndex = 0, Joined = joined, Timeout = TimeSpan.FromSeconds(5), AtLeast = TimeSpan.FromSeconds(0.9) };
        DumpThread tasks = Thread(8, "sync over async", Waiting, [Platform("System.Threading.Tasks.Task`1", "get_Result"), Frame("Get", 18, "return LoadAsync().Result;")]);
        tasks.WaitingFor = Wanting(WaitKind.Task, 0x5000, "System.Threading.Tasks.Task`1[System.String]", Ever);

        DumpFrame visit = Frame("Visit", 57, "Visit(node.Next);", "Node node", "MyApp.Reports.Tree", path: "/src/Reports/Tree.cs");
        DumpThread recursive = Thread(10, "recursive", Running, [Frame("Leaf", 60, "Count++;"), .. Enumerable.Repeat(visit, 100), Main]);
        DumpLock tree = Lock(0x6000, "MyApp.Reports.Tree", recursive, recursion: 99);
        recursive.HeldLocks = [.. Enumerable.Range(1, 100).Select(i => new HeldLock(tree, i, IsShared: false))];
        DumpThread several = Thread(11, "several at once", Running, [Frame("Transfer", 61, "Move();"), Main]);
        DumpLock account = Lock(0x7000, "MyApp.Account", several, recursion: 2);
        several.HeldLocks = [new HeldLock(account, 0, IsShared: false), new HeldLock(Lock(0x8000, "MyApp.Ledger", several), 0, IsShared: false), new HeldLock(account, 1, IsShared: false)];
        return Examined(noFrame, innermost, between, only, kindOnly, joining, tasks, joined, recursive, several);
    }

    /// <summary>All that a program can put into a lock's line, made to look like something else.</summary>
    public static ThreadDump Hostile()
    {
        DumpThread one = Thread(2, "a\" #1\nDeadlock: \"b", Blocked, [Enter, Frame("Run", 1, "lock (x)")]), two = Thread(3, "\u001b[2J\\", Blocked, [Enter, Frame("Run", 2, "lock (y)")]);
        DumpLock first = Lock(0x1000, "Evil`1[\n   - locked <0x1>\u202e]", one), second = Lock(0x2000, "T) held by \"main\" #1 (\u0007", two);
        one.HeldLocks = [new HeldLock(first, 1, IsShared: false)];
        two.HeldLocks = [new HeldLock(second, 1, IsShared: false)];
        one.WaitingFor = For(WaitKind.MonitorEnter, second, TimeSpan.MaxValue, atLeast: 4e9);
        two.WaitingFor = For(WaitKind.MonitorEnter, first, null);
        return Examined(one, two);
    }

    /// <summary>A cycle that is too long to be read, and more cycles than anybody would read.</summary>
    public static ThreadDump Cycles()
    {
        var threads = new List<DumpThread>();
        foreach (int length in (int[])[30, 2, 1, .. Enumerable.Repeat(2, 8)])
        {
            DumpThread[] cycle = [.. Enumerable.Range(threads.Count + 2, length).Select(i => Thread(i, $"t{i}", Blocked, [Join, Frame("Run", i, null)]))];
            for (int i = 0; i < length; i++)
                cycle[i].WaitingFor = new DumpWait { Kind = WaitKind.ThreadJoin, FrameIndex = 0, Joined = cycle[(i + 1) % length], Timeout = Ever };
            threads.AddRange(cycle);
        }
        return Examined([.. threads]);
    }

    private static ThreadDump Examined(params IReadOnlyList<DumpThread> threads)
    {
        LockBuilder.Link(threads);
        return DumpAnalyzer.Analyze(Dump(threads) with { ThreadPool = threads.Count > 10 ? new ThreadPoolState(12, null, 2, 32_767, 40, 1234) : null });
    }

    private static DumpFrame Order(string name, int line, string text) =>
        Frame(name, line, text, "String order", "OrderService.Transfers", path: "/src/Orders/Transfers.cs");

    private static DumpLock Lock(ulong address, string? type, DumpThread? owner, LockKind kind = LockKind.Monitor, int recursion = 0, params IReadOnlyList<DumpThread> readers) =>
        new() { Address = new ObjectAddress(address), Kind = kind, Type = type, Owner = owner, Recursion = recursion, Readers = readers };

    private static DumpWait For(WaitKind kind, DumpLock wanted, TimeSpan? timeout, double? atLeast = null) => new()
    {
        Kind = kind,
        FrameIndex = 0,
        Lock = wanted,
        Object = wanted.Address,
        ObjectType = wanted.Type,
        Timeout = timeout,
        AtLeast = atLeast is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
    };

    private static DumpWait Wanting(WaitKind kind, ulong address, string type, TimeSpan timeout) =>
        new() { Kind = kind, FrameIndex = 0, Object = new ObjectAddress(address), ObjectType = type, Timeout = timeout };
}
