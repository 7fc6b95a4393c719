using Stackflare.Analysis;

namespace Stackflare.Triggers;

/// <summary>
/// An artificial dump with a bit of everything. Rendering it compiles code that a healthy process does not need, before the process is in trouble.
/// </summary>
internal static class WarmUpDump
{
    public static ThreadDump Dump()
    {
        var frame = new DumpFrame { Kind = FrameKind.Dynamic, Method = new MethodName("", "Wait", "", ""), Symbols = SymbolStatus.NotApplicable };
        DumpThread one = Thread(1, frame), two = Thread(2, frame), joining = Thread(3, frame);
        DumpLock first = Lock(1, one, two), second = Lock(2, two, one);
        one.HeldLocks = [new HeldLock(first, 0, IsShared: false)];
        two.HeldLocks = [new HeldLock(second, 0, IsShared: false)];
        one.WaitingFor = Wait(second, two, System.Threading.Timeout.InfiniteTimeSpan);
        two.WaitingFor = Wait(first, one, System.Threading.Timeout.InfiniteTimeSpan);
        joining.WaitingFor = new DumpWait { Kind = WaitKind.ThreadJoin, FrameIndex = 0, Joined = one, WaitsFor = [one], Timeout = TimeSpan.FromSeconds(90) };
        AsyncStack blocking = Stack(AsyncWaitKind.SemaphoreSlim, frame);
        blocking.BlockedThreads = [joining];
        (one.AsyncCallers, one.AwaitedFrameIndex) = ([frame], 0);
        return DumpAnalyzer.Analyze(new ThreadDump
        {
            Process = new DumpedProcess { Id = 0, Name = "", RuntimeVersion = null, Platform = "" },
            CapturedAt = default,
            Timings = new CaptureTimings(default, default, default, default, 0),
            Threads = [one, two, joining],
            RuntimeThreads = [],
            HasAsyncStacks = true,
            AsyncStacks = [Stack(AsyncWaitKind.WhenAll, frame, Stack(AsyncWaitKind.Delay, frame)), blocking, blocking],
            ThreadPool = new ThreadPoolState(1, 1, 1, 1, 1, 1),
        });
    }

    private static DumpThread Thread(int id, DumpFrame frame) => new() { OsId = new OsThreadId(id), ManagedId = new ManagedThreadId(id), Frames = [frame, frame] };

    private static AsyncStack Stack(AsyncWaitKind kind, DumpFrame frame, params AsyncStack[] unfinished) => new()
    {
        Frames = [frame, frame, frame],
        WaitingFor = new AsyncWait
        {
            Kind = kind,
            Type = "",
            Object = new ObjectAddress(1),
            DueIn = TimeSpan.FromSeconds(1),
            Pending = 2,
            Total = 2,
            Unfinished = unfinished,
        },
    };

    private static DumpLock Lock(ulong address, DumpThread owner, DumpThread waiter) =>
        new() { Address = new ObjectAddress(address), Kind = LockKind.Monitor, Type = "", Owner = owner, Waiters = [waiter] };

    private static DumpWait Wait(DumpLock wanted, DumpThread owner, TimeSpan timeout) => new()
    {
        Kind = WaitKind.MonitorEnter,
        FrameIndex = 0,
        Lock = wanted,
        Object = wanted.Address,
        ObjectType = wanted.Type,
        Timeout = timeout,
        AtLeast = TimeSpan.FromMinutes(2),
        WaitsFor = [owner],
    };
}
