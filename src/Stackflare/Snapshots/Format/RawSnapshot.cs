namespace Stackflare.Snapshots.Format;

/// <summary>
/// What a capture yields: addresses, tokens and IL offsets, no text. A view over the bytes, which <see cref="SnapshotReader"/>
/// has checked: every index in a record is in range or <see cref="SnapshotLayout.None"/>, every slice lies in the blob.
/// </summary>
internal sealed class RawSnapshot
{
    /// <summary>What the runtime answers to a profiler that it overlooks and that wants to walk a stack.</summary>
    private const int InconsistentWithFlags = unchecked((int)0x80131374);

    public required InfoRecord Info { get; init; }
    public required ThreadRecord[] Threads { get; init; }
    public required uint[] Stacks { get; init; }
    public required FrameRecord[] Frames { get; init; }
    public required FunctionRecord[] Functions { get; init; }
    public required TypeRecord[] Types { get; init; }
    public required uint[] TypeArgs { get; init; }
    public required ModuleRecord[] Modules { get; init; }
    public required ReadOnlyMemory<byte> Blob { get; init; }

    /// <summary>Each lock that somebody holds or waits for; known only with <see cref="InfoFlags.Locks"/>, otherwise empty.</summary>
    public LockRecord[] Locks { get; init; } = [];

    /// <summary>What threads wait for: one record of a thread at most, in the order of threads.</summary>
    public WaitRecord[] Waits { get; init; } = [];

    /// <summary>
    /// The frames of its owner that refer to a lock, or one record without a frame: in the order of threads, frames and locks, each once.
    /// </summary>
    public HeldRecord[] Held { get; init; } = [];

    /// <summary>The objects besides locks that threads refer to where they wait; known only with <see cref="InfoFlags.Locks"/>, otherwise empty.</summary>
    public ObjectRecord[] Objects { get; init; } = [];

    /// <summary>Which threads refer to which of <see cref="Objects"/>, and in which frames: in the order of threads, frames and objects, each once.</summary>
    public ReferenceRecord[] References { get; init; } = [];

    /// <summary>
    /// What threads that ran managed code used of a processor right after the pause, over some milliseconds: one record of a thread at most, in
    /// the order of threads. Those that had ended by then have none.
    /// </summary>
    public BusyRecord[] Busy { get; init; } = [];

    /// <summary>The thread pool; null where nothing is known of it.</summary>
    public PoolRecord? Pool { get; init; }

    /// <summary>The threads that kept the runtime from suspending; in captures that ended for that reason, otherwise empty.</summary>
    public BlockerRecord[] Blockers { get; init; } = [];

    /// <summary>What was copied from the heap; null when that was not asked for, or is left out for the sake of other profilers.</summary>
    public RawHeap? Heap { get; init; }

    /// <summary>Why the heap was asked for and left out. Not part of the bytes.</summary>
    public HeapOmission HeapOmission { get; set; }

    /// <summary>The bytes that this is a view of, whole, for saving them; <see cref="Blob"/> is a slice of them.</summary>
    public ReadOnlyMemory<byte> Encoded { get; init; }

    /// <summary>Whether there are no stacks, because the runtime lets another profiler alone walk them.</summary>
    public bool WalkWasRefused => Array.Exists(Threads, static t => t.HResult == InconsistentWithFlags);

    /// <summary>Reads a UTF-16 string; null for <see cref="SnapshotLayout.None"/>.</summary>
    public string? Text(uint offset, uint length) => offset == SnapshotLayout.None
        ? null
        : SnapshotLayout.Text(Blob, offset, length);

    /// <summary>A slice of the blob; empty for <see cref="SnapshotLayout.None"/>.</summary>
    public ReadOnlyMemory<byte> Bytes(uint offset, uint length) =>
        offset == SnapshotLayout.None ? default : Blob.Slice((int)offset, (int)length);

    /// <summary>The indexes into <see cref="Frames"/> of a thread's stack, innermost first.</summary>
    public ReadOnlySpan<uint> StackOf(in ThreadRecord thread) =>
        thread.FrameCount == 0 ? default : Stacks.AsSpan((int)thread.FirstFrame, (int)thread.FrameCount);
}
