namespace Stackflare.Writers.Json;

/// <summary>
/// The spelling of enumerations in JSON. Not derived from the members, because renaming a member must not change the format.
/// </summary>
internal static class JsonNames
{
    public static string Name(ThreadActivity activity) => activity switch
    {
        ThreadActivity.Unknown => "unknown",
        ThreadActivity.Running => "running",
        ThreadActivity.Waiting => "waiting",
        ThreadActivity.Sleeping => "sleeping",
        ThreadActivity.Blocked => "blocked",
        ThreadActivity.Stopped => "stopped",
        _ => throw new ArgumentOutOfRangeException(nameof(activity), activity, null),
    };

    public static string Name(StackCompleteness completeness) => completeness switch
    {
        StackCompleteness.Complete => "complete",
        StackCompleteness.Truncated => "truncated",
        StackCompleteness.Broken => "broken",
        StackCompleteness.NoManagedFrames => "noManagedFrames",
        StackCompleteness.NotWalked => "notWalked",
        _ => throw new ArgumentOutOfRangeException(nameof(completeness), completeness, null),
    };

    public static string Name(FrameKind kind) => kind switch
    {
        FrameKind.Managed => "managed",
        FrameKind.Dynamic => "dynamic",
        FrameKind.Native => "native",
        FrameKind.Async => "async",
        FrameKind.PInvoke => "pinvoke",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    public static string Name(SymbolStatus status) => status switch
    {
        SymbolStatus.Found => "found",
        SymbolStatus.NotApplicable => "notApplicable",
        SymbolStatus.NoPdb => "noPdb",
        SymbolStatus.PdbMismatch => "pdbMismatch",
        SymbolStatus.NoLine => "noLine",
        SymbolStatus.NoOffset => "noOffset",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, null),
    };

    public static string Name(SourceTextOrigin origin) => origin switch
    {
        SourceTextOrigin.NotRequested => "notRequested",
        SourceTextOrigin.Embedded => "embedded",
        SourceTextOrigin.File => "file",
        SourceTextOrigin.FileNotFound => "fileNotFound",
        SourceTextOrigin.FileChanged => "fileChanged",
        SourceTextOrigin.NoChecksum => "noChecksum",
        _ => throw new ArgumentOutOfRangeException(nameof(origin), origin, null),
    };

    public static string Name(WaitKind kind) => kind switch
    {
        WaitKind.MonitorEnter => "monitorEnter",
        WaitKind.MonitorWait => "monitorWait",
        WaitKind.LockEnter => "lockEnter",
        WaitKind.ReadLock => "readLock",
        WaitKind.UpgradeableReadLock => "upgradeableReadLock",
        WaitKind.WriteLock => "writeLock",
        WaitKind.SemaphoreSlim => "semaphoreSlim",
        WaitKind.ManualResetEventSlim => "manualResetEventSlim",
        WaitKind.CountdownEvent => "countdownEvent",
        WaitKind.Barrier => "barrier",
        WaitKind.Task => "task",
        WaitKind.ThreadJoin => "threadJoin",
        WaitKind.Sleep => "sleep",
        WaitKind.WaitHandle => "waitHandle",
        WaitKind.StaticConstructor => "staticConstructor",
        WaitKind.CancellationCallback => "cancellationCallback",
        WaitKind.Finalizers => "finalizers",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    public static string Name(AsyncWaitKind kind) => kind switch
    {
        AsyncWaitKind.Unknown => "unknown",
        AsyncWaitKind.Delay => "delay",
        AsyncWaitKind.Timer => "timer",
        AsyncWaitKind.TaskCompletionSource => "taskCompletionSource",
        AsyncWaitKind.Socket => "socket",
        AsyncWaitKind.Stream => "stream",
        AsyncWaitKind.SemaphoreSlim => "semaphoreSlim",
        AsyncWaitKind.Channel => "channel",
        AsyncWaitKind.WhenAll => "whenAll",
        AsyncWaitKind.WhenAny => "whenAny",
        AsyncWaitKind.Work => "work",
        AsyncWaitKind.Other => "other",
        AsyncWaitKind.Ready => "ready",
        AsyncWaitKind.Running => "running",
        AsyncWaitKind.Cycle => "circle", // programs read this name, so it stays
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    public static string Name(LockKind kind) => kind switch
    {
        LockKind.Monitor => "monitor",
        LockKind.Lock => "lock",
        LockKind.ReaderWriterLockSlim => "readerWriterLockSlim",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    public static string Name(FindingKind kind) => kind switch
    {
        FindingKind.Deadlock => "deadlock",
        FindingKind.TimedDeadlock => "timedDeadlock",
        FindingKind.LockConvoy => "lockConvoy",
        FindingKind.ThreadPoolStarved => "threadPoolStarved",
        FindingKind.Spinning => "spinning",
        FindingKind.SuspensionUnfinished => "suspensionUnfinished",
        FindingKind.AbandonedLock => "abandonedLock",
        FindingKind.HoldsAndWaits => "holdsAndWaits",
        FindingKind.ManyAlike => "manyAlike",
        FindingKind.AsyncCycle => "asyncCircle", // likewise
        FindingKind.ManyAsyncAlike => "manyAsyncAlike",
        FindingKind.MainReturned => "mainReturned",
        FindingKind.SemaphoreNotReleased => "semaphoreNotReleased",
        FindingKind.FinalizerBlocked => "finalizerBlocked",
        FindingKind.HostStopping => "hostStopping",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    public static string Name(DumpReasonKind kind) => kind switch
    {
        DumpReasonKind.Signal => "signal",
        DumpReasonKind.ThreadPool => "threadPool",
        DumpReasonKind.Deadline => "deadline",
        DumpReasonKind.Deadlock => "deadlock",
        DumpReasonKind.SlowShutdown => "slowShutdown",
        DumpReasonKind.UnhandledException => "unhandledException",
        DumpReasonKind.Request => "request",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };
}
