namespace Stackflare.Snapshots;

/// <summary>An object other than a lock that threads wait for.</summary>
internal sealed record SnapshotObject
{
    public required ulong Address { get; init; }

    public required SnapshotObjectKind Kind { get; init; }

    /// <summary>Index of its type; null if not known.</summary>
    public int? Type { get; init; }

    /// <summary>Index of the thread that has entered it for writing, or that owns the mutex; null if there is none or it is not known.</summary>
    public int? Owner { get; init; }

    /// <summary>Index of the thread that has entered it in upgradeable mode; null if there is none.</summary>
    public int? Upgrader { get; init; }

    /// <summary>The current count; for a semaphore, how many threads can still enter. Null if it has none or it is not known.</summary>
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

/// <summary>A reference from a thread to an object.</summary>
/// <param name="Thread">Index of the thread.</param>
/// <param name="Frame">The number of the referring frame, from the innermost; null if the thread itself refers to it.</param>
/// <param name="Object">Index of the object.</param>
/// <param name="IsProven">Whether the thread certainly waits for this object.</param>
/// <param name="HoldsRead">Whether the thread has entered it for reading.</param>
/// <param name="Runs">Whether the thread runs this task, or a task that continues with this object.</param>
internal readonly record struct SnapshotReference(int Thread, int? Frame, int Object, bool IsProven, bool HoldsRead, bool Runs = false);
