namespace Stackflare;

/// <summary>What a thread waited for during the pause. Immutable.</summary>
public sealed class DumpWait
{
    /// <summary>The kind of wait.</summary>
    public required WaitKind Kind { get; init; }

    /// <summary>
    /// The index in <see cref="DumpThread.Frames"/> of the method that waits: the outermost framework method, which the program called.
    /// </summary>
    public required int FrameIndex { get; init; }

    /// <summary>The address of the object that the thread waits for; null if not known, or if there is no object.</summary>
    public ObjectAddress? Object { get; init; }

    /// <summary>Full name of that object's type; for <see cref="WaitKind.StaticConstructor"/>, of the class. Null if not known.</summary>
    public string? ObjectType { get; init; }

    /// <summary>The lock, if the object is one; otherwise null.</summary>
    public DumpLock? Lock { get; init; }

    /// <summary>For a <see cref="WaitKind.ThreadJoin"/>, the thread that must end; null if not known.</summary>
    public DumpThread? Joined { get; init; }

    /// <summary>
    /// The time limit of the wait; <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for none; null if not known.
    /// </summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// How long the thread has been off the processor, and so the minimum duration of the wait; null if not known. Source: the kernel's scheduler.
    /// </summary>
    public TimeSpan? AtLeast { get; init; }

    /// <summary>
    /// The known threads that must act before this thread can continue: they hold the lock, or must end, or run what the thread waits for: a task or
    /// what the task needs, a static constructor, a callback, or the finalizers. All of them must act.
    /// </summary>
    public IReadOnlyList<DumpThread> WaitsFor { get; internal set; } = [];

    /// <summary>
    /// For a <see cref="WaitKind.Task"/>, the synchronization context or task scheduler in which an async method must continue before the task can complete, if only one of
    /// <see cref="WaitsFor"/> does the context's work. Null otherwise.
    /// </summary>
    public CapturedContext? CapturedContext { get; internal set; }

    /// <summary>For a wait without a lock, the threads that run what it is for.</summary>
    internal IReadOnlyList<DumpThread> Runners { get; set; } = [];

    /// <summary>For a wait for several tasks, the object with which they continue; null if not known.</summary>
    internal ObjectAddress? Gate { get; init; }

    /// <summary>For a semaphore, how many can still enter it; null if not known.</summary>
    internal int? Free { get; init; }

    /// <summary>For a semaphore, whether the method that waits also releases it: who has entered it is still in that method.</summary>
    internal bool IsReleasedByWaiter { get; init; }

    /// <summary>Whether the wait ends when one of several tasks has completed.</summary>
    internal bool IsForAny { get; init; }

    /// <summary>Whether it is for something that another thread runs, and no object represents it.</summary>
    internal bool IsForRuntime => Kind is WaitKind.StaticConstructor or WaitKind.CancellationCallback or WaitKind.Finalizers;

    /// <summary>Whether the object or thread that the wait is for is known.</summary>
    internal bool IsForKnown => Object is not null || Lock is not null || Joined is not null || (IsForRuntime && Runners.Count > 0);

    /// <summary>Whether the wait ends by itself, or may: <see cref="Timeout"/> is finite or not known.</summary>
    public bool MayEnd => Timeout != System.Threading.Timeout.InfiniteTimeSpan;
}
