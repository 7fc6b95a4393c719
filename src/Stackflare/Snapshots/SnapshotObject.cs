namespace Stackflare.Snapshots;

/// <summary>An object that threads wait for, besides locks.</summary>
internal sealed record SnapshotObject
{
    public required ulong Address { get; init; }

    public required SnapshotObjectKind Kind { get; init; }

    /// <summary>The index of its type; null where it is not known.</summary>
    public int? Type { get; init; }

    /// <summary>The index of the thread that has entered it to write; null where none has.</summary>
    public int? Owner { get; init; }

    /// <summary>The index of the thread that has entered it to read and may write later; null where none has.</summary>
    public int? Upgrader { get; init; }

    /// <summary>What it counts: of a semaphore, how many may still enter; null where it counts nothing, or that is not known.</summary>
    public int? Count { get; init; }
}

internal enum SnapshotObjectKind
{
    SemaphoreSlim,
    EventSlim,
    ReaderWriterLockSlim,
    Task,
    WaitHandle,
    CountdownEvent,
    Barrier,
}

/// <summary>That a thread refers to an object.</summary>
/// <param name="Thread">The index of the thread.</param>
/// <param name="Frame">The number of the frame that does, from the innermost; null where it is the thread itself.</param>
/// <param name="Object">The index of the object.</param>
/// <param name="IsProven">Whether it must be the one that the thread waits for.</param>
/// <param name="HoldsRead">Whether the thread has entered it to read.</param>
internal readonly record struct SnapshotReference(int Thread, int? Frame, int Object, bool IsProven, bool HoldsRead);
