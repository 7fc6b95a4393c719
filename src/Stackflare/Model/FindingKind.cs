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

    /// <summary>Very many threads stand at one place.</summary>
    ManyAlike,
}
