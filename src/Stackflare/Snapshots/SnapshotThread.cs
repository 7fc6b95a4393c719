namespace Stackflare.Snapshots;

/// <summary>A thread that the runtime knows. Null means not known.</summary>
internal sealed record SnapshotThread
{
    public required int OsId { get; init; }

    /// <summary>The runtime's own id of the thread, in this process; 0 if not known.</summary>
    public ulong RuntimeId { get; init; }

    public int? ManagedId { get; init; }

    /// <summary>The name that the program has set, from the runtime; empty if there is none.</summary>
    public string? Name { get; init; }

    public bool? IsBackground { get; init; }

    public bool? IsThreadPool { get; init; }

    /// <summary>Indexes of frames, innermost first.</summary>
    public ReadOnlyMemory<int> Stack { get; init; }

    public StackCompleteness Completeness { get; init; }

    /// <summary>In a sample of a recording: it has not run since the last sample. Its stack is the same, and not here.</summary>
    public bool HasNotRun { get; init; }

    /// <summary>Whether it ran managed code when it was suspended.</summary>
    public bool IsInManagedCode { get; init; }

    /// <summary>Whether it slept in a system call, if the host's kernel does not know it any more.</summary>
    public bool IsAsleep { get; init; }

    /// <summary>Index of the type of the exception that it handles; null if it handles none.</summary>
    public int? ExceptionType { get; init; }

    /// <summary>That exception, then its inner one, and so on; empty if only the type is known.</summary>
    public IReadOnlyList<SnapshotException> Exceptions { get; init; } = [];

    public TimeSpan? CpuTime { get; init; }

    /// <summary>Its processor use right after the capture.</summary>
    public RecentCpu? RecentCpu { get; init; }

    /// <summary>The runtime's record of its wait; null if there is none.</summary>
    public SnapshotWait? Wait { get; init; }
}

/// <summary>A thread in the last sample of a recording.</summary>
/// <param name="RuntimeId">The runtime's own id of it.</param>
/// <param name="OsId">Its id for the kernel.</param>
/// <param name="CpuTime">The processor time that it had used.</param>
internal readonly record struct SeenThread(ulong RuntimeId, int OsId, TimeSpan CpuTime);

/// <summary>An exception.</summary>
/// <param name="Type">Index of its type; null if not known.</param>
/// <param name="Message">What it says; null if that is not known, or if it has no message of its own. A long one is cut.</param>
internal sealed record SnapshotException(int? Type, string? Message);

/// <summary>Work items of one type that wait in the thread pool.</summary>
/// <param name="Type">Index of the type.</param>
/// <param name="Count">How many of them were seen.</param>
internal readonly record struct SnapshotQueued(int? Type, int Count);

/// <summary>Timers that are late, with one callback and one type of state.</summary>
/// <param name="Callback">Index of the method; null if not known.</param>
/// <param name="State">Index of the type of the argument that the callback will get; null if there is none, or it is not known.</param>
/// <param name="Count">How many of them were seen.</param>
/// <param name="Late">How long the oldest has been due.</param>
/// <param name="IsTruncated">Whether there may be more timers than were seen, of any callback.</param>
internal readonly record struct SnapshotDueTimers(int? Callback, int? State, int Count, TimeSpan Late, bool IsTruncated);

/// <summary>The runtime's record of a thread's wait.</summary>
/// <param name="Kind">The kind of wait.</param>
/// <param name="Lock">Index of the lock; null if there is none or it is not known.</param>
/// <param name="OtherThread">Index of the thread that must end.</param>
/// <param name="Timeout">The time limit; <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for none; null if not known.</param>
internal sealed record SnapshotWait(SnapshotWaitKind Kind, int? Lock, int? OtherThread, TimeSpan? Timeout);

internal enum SnapshotWaitKind
{
    MonitorEnter,
    MonitorWait,
    LockEnter,
    Join,
}
