namespace Stackflare;

/// <summary>The kind of problem that a <see cref="Finding"/> reports.</summary>
public enum FindingKind
{
    /// <summary>Threads wait for each other in a cycle, forever.</summary>
    Deadlock,

    /// <summary>Threads wait for each other in a cycle that ends with a time limit.</summary>
    TimedDeadlock,

    /// <summary>Many threads wait for one lock.</summary>
    LockConvoy,

    /// <summary>All workers of the thread pool are blocked.</summary>
    ThreadPoolStarved,

    /// <summary>A thread keeps a processor busy.</summary>
    Spinning,

    /// <summary>The runtime tries to suspend its threads and cannot.</summary>
    SuspensionUnfinished,

    /// <summary>Threads wait for a lock whose holder has ended, or has become an idle worker of the thread pool, without releasing it.</summary>
    AbandonedLock,

    /// <summary>A thread holds a lock that others want, and waits for something that one of them may have to do.</summary>
    HoldsAndWaits,

    /// <summary>Many threads are at the same place.</summary>
    ManyAlike,

    /// <summary>Async methods wait for each other in a cycle, forever.</summary>
    AsyncCycle,

    /// <summary>Many async methods wait at the same place.</summary>
    ManyAsyncAlike,

    /// <summary><c>Main</c> has returned, and foreground threads keep the process running.</summary>
    MainReturned,

    /// <summary>Many wait for a semaphore, and nobody has entered it: it was probably not released.</summary>
    SemaphoreNotReleased,

    /// <summary>The finalizer thread has waited in a finalizer for a second or more. No other finalizer runs meanwhile.</summary>
    FinalizerBlocked,

    /// <summary>A host stops or the process exits, and waits for a service, a handler or requests in flight.</summary>
    HostStopping,
}
