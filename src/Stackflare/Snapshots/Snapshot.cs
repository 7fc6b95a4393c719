namespace Stackflare.Snapshots;

/// <summary>
/// What a capture yields, whatever it came from: ids, tokens, IL offsets and objects, no names and no lines. Immutable. Indexes are those of the lists
/// here, and are in range: <see cref="SnapshotBuilder"/> takes no others.
/// </summary>
internal sealed class Snapshot
{
    /// <summary>The process as the host sees it, and its threads by the kernel.</summary>
    public required HostInfo Host { get; init; }

    /// <summary>The id by which the process knows itself, which in a container is another than the host's.</summary>
    public required int ProcessId { get; init; }

    public required Version RuntimeVersion { get; init; }

    public required DateTimeOffset CapturedAt { get; init; }

    public required CaptureTimings Timings { get; init; }

    public required IReadOnlyList<SnapshotThread> Threads { get; init; }

    /// <summary>Each place where a thread or an async method stands, once.</summary>
    public required SnapshotFrame[] Frames { get; init; }

    public required SnapshotMethod[] Methods { get; init; }

    public required SnapshotType[] Types { get; init; }

    public required SnapshotModule[] Modules { get; init; }

    /// <summary>Monitors and <c>Lock</c>s that somebody holds or waits for.</summary>
    public required SnapshotLock[] Locks { get; init; }

    /// <summary>The frames of its owner that refer to a lock, or one record without a frame: in the order of threads, frames and locks, each once.</summary>
    public required SnapshotHeldLock[] HeldLocks { get; init; }

    /// <summary>What threads wait for besides locks.</summary>
    public required SnapshotObject[] Objects { get; init; }

    /// <summary>Which threads refer to which of <see cref="Objects"/>: in the order of threads, frames and objects, each once.</summary>
    public required SnapshotReference[] References { get; init; }

    /// <summary>The thread pool; null where nothing is known of it.</summary>
    public required ThreadPoolState? ThreadPool { get; init; }

    /// <summary>The objects that async methods are made of; null where they were not looked for, or could not be had.</summary>
    public required SnapshotHeap? Heap { get; init; }

    /// <summary>What the source could not have, and why: sentences for the reader of the dump.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>The frames of a thread, innermost first.</summary>
    public ReadOnlySpan<int> StackOf(int thread) => Threads[thread].Stack.Span;
}
