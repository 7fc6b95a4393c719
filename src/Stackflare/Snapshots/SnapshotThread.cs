namespace Stackflare.Snapshots;

/// <summary>A thread of the runtime's. What is null is not known.</summary>
internal sealed record SnapshotThread
{
    public required int OsId { get; init; }

    public int? ManagedId { get; init; }

    /// <summary>The name that the program gave it, where the runtime says so; empty for none.</summary>
    public string? Name { get; init; }

    public bool? IsBackground { get; init; }

    public bool? IsThreadPool { get; init; }

    /// <summary>Indexes of frames, innermost first.</summary>
    public ReadOnlyMemory<int> Stack { get; init; }

    public StackCompleteness Completeness { get; init; }

    /// <summary>Whether it ran managed code when it was stopped.</summary>
    public bool IsInManagedCode { get; init; }

    /// <summary>The index of the type of the exception that it handles; null where it handles none.</summary>
    public int? ExceptionType { get; init; }

    public TimeSpan? CpuTime { get; init; }

    /// <summary>What it used of a processor right after the capture.</summary>
    public RecentCpu? RecentCpu { get; init; }

    /// <summary>What the runtime has of its wait; null where it waits for nothing that the runtime knows.</summary>
    public SnapshotWait? Wait { get; init; }
}

/// <summary>What the runtime has of a thread's wait.</summary>
/// <param name="Kind">What for.</param>
/// <param name="Lock">The index of the lock; null where it is not known, or is none.</param>
/// <param name="OtherThread">The index of the thread whose end it waits for.</param>
/// <param name="Timeout">How long it waits at most, <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for ever; null where that is not known.</param>
internal sealed record SnapshotWait(SnapshotWaitKind Kind, int? Lock, int? OtherThread, TimeSpan? Timeout);

internal enum SnapshotWaitKind
{
    MonitorEnter,
    MonitorWait,
    LockEnter,
    Join,
}
