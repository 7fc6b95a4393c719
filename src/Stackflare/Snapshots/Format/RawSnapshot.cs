namespace Stackflare.Snapshots.Format;

/// <summary>
/// The result of a capture: addresses, tokens and IL offsets, no text. A view of the bytes, which <see cref="SnapshotReader"/>
/// has checked: every index in a record is in range or <see cref="SnapshotConstants.None"/>, every slice is inside the blob.
/// </summary>
internal sealed class RawSnapshot
{
    /// <summary>The runtime's answer to a stack walk of a profiler that it ignores.</summary>
    private const int InconsistentWithFlags = unchecked((int)0x80131374);

    public required InfoRecord Info { get; init; }
    public required ThreadRecord[] Threads { get; init; }
    public required uint[] Stacks { get; init; }
    public required FrameRecord[] Frames { get; init; }

    /// <summary>Lists of IL offsets, each after its length.</summary>
    public required uint[] ILPlaces { get; init; }
    public required FunctionRecord[] Functions { get; init; }
    public required TypeRecord[] Types { get; init; }
    public required uint[] TypeArgs { get; init; }
    public required ModuleRecord[] Modules { get; init; }
    public required ReadOnlyMemory<byte> Blob { get; init; }

    /// <summary>All locks that a thread holds or waits for. Empty without <see cref="InfoFlags.Locks"/>.</summary>
    public LockRecord[] Locks { get; init; } = [];

    /// <summary>What threads wait for: at most one record for each thread, in the order of threads.</summary>
    public WaitRecord[] Waits { get; init; } = [];

    /// <summary>
    /// The frames of an owner that refer to its lock, or one record without a frame. In the order of threads, frames and locks, without duplicates.
    /// </summary>
    public HeldRecord[] Held { get; init; } = [];

    /// <summary>The objects other than locks that threads refer to where they wait. Empty without <see cref="InfoFlags.Locks"/>.</summary>
    public ObjectRecord[] Objects { get; init; } = [];

    /// <summary>
    /// Which threads refer to which of <see cref="Objects"/>, and in which frames. In the order of threads, frames and objects, without duplicates.
    /// </summary>
    public ReferenceRecord[] References { get; init; } = [];

    /// <summary>
    /// The processor use of threads that ran managed code, measured for some milliseconds right after the pause: at most one record for each thread,
    /// in the order of threads. Threads that had ended by then have none.
    /// </summary>
    public BusyRecord[] Busy { get; init; } = [];

    /// <summary>What the exceptions say that threads handle, each followed by its inner one. In the order of threads.</summary>
    public ExceptionRecord[] Exceptions { get; init; } = [];

    /// <summary>The thread pool; null if not known.</summary>
    public PoolRecord? Pool { get; init; }

    /// <summary>The types of the work items that are queued in the pool; not of all, if there are many.</summary>
    public QueuedRecord[] Queued { get; init; } = [];

    /// <summary>The timers that are late.</summary>
    public DueTimerRecord[] DueTimers { get; init; } = [];

    /// <summary>The threads that prevented the suspension; empty unless the capture failed for that reason.</summary>
    public BlockerRecord[] Blockers { get; init; } = [];

    /// <summary>The objects copied from the heap; null if that was not requested, or was left out to protect other profilers.</summary>
    public RawHeap? Heap { get; init; }

    /// <summary>Why the heap was left out. Not part of the bytes.</summary>
    public HeapOmission HeapOmission { get; set; }

    /// <summary>All bytes of this view, for saving them. <see cref="Blob"/> is a slice of them.</summary>
    public ReadOnlyMemory<byte> Encoded { get; init; }

    /// <summary>Whether there are no stacks because the runtime allows only another profiler to walk them.</summary>
    public bool WalkWasRefused => Array.Exists(Threads, static t => t.HResult == InconsistentWithFlags);

    /// <summary>Reads a UTF-16 string; null for <see cref="SnapshotConstants.None"/>.</summary>
    public string? Text(uint offset, uint length) => offset == SnapshotConstants.None
        ? null
        : SnapshotConstants.Text(Blob, offset, length);

    /// <summary>A slice of the blob; empty for <see cref="SnapshotConstants.None"/>.</summary>
    public ReadOnlyMemory<byte> Bytes(uint offset, uint length) =>
        offset == SnapshotConstants.None ? default : Blob.Slice((int)offset, (int)length);

    /// <summary>The indexes into <see cref="Frames"/> of a thread's stack, innermost first.</summary>
    public ReadOnlySpan<uint> StackOf(in ThreadRecord thread) =>
        thread.FrameCount == 0 ? default : Stacks.AsSpan((int)thread.FirstFrame, (int)thread.FrameCount);
}
