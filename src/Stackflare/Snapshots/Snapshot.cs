namespace Stackflare.Snapshots;

/// <summary>
/// The result of a capture from any source: ids, tokens, IL offsets and objects, no names and no lines. Immutable. Indexes refer to the lists
/// here and are in range, because <see cref="SnapshotBuilder"/> accepts no others.
/// </summary>
internal sealed class Snapshot
{
    /// <summary>The process as the host sees it, with the kernel's list of its threads.</summary>
    public required ProcessFacts Host { get; init; }

    /// <summary>The process id in the process's own pid namespace. In a container, it differs from the host's.</summary>
    public required int ProcessId { get; init; }

    public required Version RuntimeVersion { get; init; }

    public required DateTimeOffset CapturedAt { get; init; }

    public required CaptureTimings Timings { get; init; }

    public required IReadOnlyList<SnapshotThread> Threads { get; init; }

    /// <summary>Each place of a thread or an async method, once.</summary>
    public required SnapshotFrame[] Frames { get; init; }

    public required SnapshotMethod[] Methods { get; init; }

    public required SnapshotType[] Types { get; init; }

    public required SnapshotModule[] Modules { get; init; }

    /// <summary>Monitors and <c>Lock</c>s that a thread holds or waits for.</summary>
    public required SnapshotLock[] Locks { get; init; }

    /// <summary>
    /// The frames of an owner that refer to its lock, or one record without a frame. In the order of threads, frames and locks, without duplicates.
    /// </summary>
    public required SnapshotHeldLock[] HeldLocks { get; init; }

    /// <summary>What threads wait for other than locks.</summary>
    public required SnapshotObject[] Objects { get; init; }

    /// <summary>Which threads refer to which of <see cref="Objects"/>. In the order of threads, frames and objects, without duplicates.</summary>
    public required SnapshotReference[] References { get; init; }

    /// <summary>The thread pool; null if not known.</summary>
    public required ThreadPoolState? ThreadPool { get; init; }

    /// <summary>The types of the work items that wait in the pool; not of all, if there are many.</summary>
    public required SnapshotQueued[] Queued { get; init; }

    /// <summary>The timers that are late.</summary>
    public required SnapshotDueTimers[] DueTimers { get; init; }

    /// <summary>The objects of async methods; null if they were not requested or are not available.</summary>
    public required SnapshotHeap? Heap { get; init; }

    /// <summary>Whether it is a sample of a recording: stacks and processor times only, and no stacks of threads that have not run since the last sample.</summary>
    public required bool IsSample { get; init; }

    /// <summary>Whether a limit on the pause, on frames or on names cut something off.</summary>
    public required bool IsCut { get; init; }

    /// <summary>Whether nothing is missing of the locks and their holders.</summary>
    public required bool AreLocksWhole { get; init; }

    /// <summary>What the source could not provide, and why: sentences for the reader of the dump.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Notes that contain names of files: they are left out of redacted dumps.</summary>
    public required IReadOnlyList<string> NotesWithNames { get; init; }

    /// <summary>The frames of a thread, innermost first.</summary>
    public ReadOnlySpan<int> StackOf(int thread) => Threads[thread].Stack.Span;
}
