namespace Stackflare;

/// <summary>What a <see cref="Finding"/> is about.</summary>
public enum FindingKind
{
    /// <summary>Threads wait for each other in a circle, for ever.</summary>
    Deadlock,

    /// <summary>Threads wait for each other in a circle that a time limit will open.</summary>
    TimedDeadlock,

    /// <summary>Many threads wait for one lock.</summary>
    LockConvoy,

    /// <summary>All workers of the thread pool are blocked.</summary>
    ThreadPoolStarved,

    /// <summary>A thread keeps a processor busy.</summary>
    Spinning,

    /// <summary>The runtime wants to bring its threads to a stop and cannot.</summary>
    SuspensionUnfinished,

    /// <summary>A lock is wanted whose holder has ended without letting it go.</summary>
    AbandonedLock,

    /// <summary>A thread holds a lock that others want, and waits itself for something that they may have to do.</summary>
    HoldsAndWaits,

    /// <summary>Very many threads stand at one place.</summary>
    ManyAlike,

    /// <summary>Async methods wait for each other in a circle, for ever.</summary>
    AsyncCircle,

    /// <summary>Very many async methods wait at one place.</summary>
    ManyAsyncAlike,
}
