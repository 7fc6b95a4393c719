namespace Stackflare;

/// <summary>What a thread waits for, as it was during the pause. Immutable.</summary>
public sealed class DumpWait
{
    /// <summary>What sort of wait it is.</summary>
    public required WaitKind Kind { get; init; }

    /// <summary>The index in <see cref="DumpThread.Frames"/> of the method that waits: the outermost of the platform's, which the program called.</summary>
    public required int FrameIndex { get; init; }

    /// <summary>Where the object is that is waited for; null where that is not known, and for what has none.</summary>
    public ObjectAddress? Object { get; init; }

    /// <summary>Full name of that object's type; null where it is not known.</summary>
    public string? ObjectType { get; init; }

    /// <summary>The lock, where the object is one; null otherwise.</summary>
    public DumpLock? Lock { get; init; }

    /// <summary>For a <see cref="WaitKind.ThreadJoin"/>, the thread whose end is waited for; null where that is not known.</summary>
    public DumpThread? Joined { get; init; }

    /// <summary>
    /// How long the thread was ready to wait when it began: <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for ever; null where it is not known.
    /// </summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// How long the thread has been off the processor, so that it has waited for no less; null where it is not known. The kernel keeps it.
    /// </summary>
    public TimeSpan? AtLeast { get; init; }

    /// <summary>
    /// The threads that have to do something for this one to go on, as far as they are known: who holds the lock, or is to end. All of them have to.
    /// </summary>
    public IReadOnlyList<DumpThread> WaitsFor { get; internal set; } = [];

    /// <summary>Whether it is known what is waited for: an object or a thread.</summary>
    internal bool IsForKnown => Object is not null || Lock is not null || Joined is not null;

    /// <summary>Whether the wait comes to an end by itself, or may do so: <see cref="Timeout"/> is a time, or is not known.</summary>
    public bool MayEnd => Timeout != System.Threading.Timeout.InfiniteTimeSpan;
}
