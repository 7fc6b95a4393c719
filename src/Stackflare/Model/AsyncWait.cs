namespace Stackflare;

/// <summary>What an async method waited for during the pause. Immutable.</summary>
public sealed class AsyncWait
{
    /// <summary>The <see cref="Type"/> of a wait for a <c>Parallel.ForEachAsync</c> or <c>Parallel.ForAsync</c>, whose task has no type of its own.</summary>
    internal const string ParallelLoop = "System.Threading.Tasks.Parallel";

    /// <summary>The kind of wait.</summary>
    public required AsyncWaitKind Kind { get; init; }

    /// <summary>
    /// Full name of the type of the awaited object; if not known, of the awaiter. Null if neither is known.
    /// </summary>
    public string? Type { get; init; }

    /// <summary>
    /// The address of the most informative object: the <see cref="System.Threading.SemaphoreSlim"/> rather than its task, the channel rather than its operation; otherwise the awaited task
    /// or object. Null if not known, or if there is no object.
    /// </summary>
    public ObjectAddress? Object { get; init; }

    /// <summary>The operation, if known: for example <c>Receive</c> for a socket, <c>Read</c> or <c>Write</c> for a channel.</summary>
    public string? Operation { get; init; }

    /// <summary>
    /// For a socket, the other end of the connection as the program's objects have it: for example <c>10.0.0.5:5432</c>, <c>[::1]:80</c>,
    /// <c>db.internal:5432</c> if it connects by name, <c>unix:/run/db.sock</c> or, for an abstract name, <c>unix:@db</c>. Null for other kinds, for a
    /// socket that accepts connections, and if not known: a socket does not always keep it.
    /// </summary>
    public string? RemoteEnd { get; init; }

    /// <summary>
    /// Time from the pause until the wait ends by itself, because a delay or a time limit elapses. Zero or negative if it had elapsed. Null if the
    /// wait does not end by itself, or if that is not known.
    /// </summary>
    public TimeSpan? DueIn { get; init; }

    /// <summary>
    /// For <see cref="AsyncWaitKind.WhenAll"/> and <see cref="AsyncWaitKind.WhenAny"/>, how many of the tasks have completed. Null for other kinds,
    /// and if <see cref="Total"/> is not known.
    /// </summary>
    public int? Done => Total - Pending;

    /// <summary>
    /// For <see cref="AsyncWaitKind.WhenAll"/> and <see cref="AsyncWaitKind.WhenAny"/>, how many of the tasks have not completed. Null for other
    /// kinds.
    /// </summary>
    public int? Pending { get; init; }

    /// <summary>
    /// For <see cref="AsyncWaitKind.WhenAll"/> and <see cref="AsyncWaitKind.WhenAny"/>, the number of tasks. Null for other kinds, and if the
    /// framework does not keep it: for tasks without a result,
    /// <see cref="System.Threading.Tasks.Task.WhenAll(IEnumerable{System.Threading.Tasks.Task})"/> only counts the incomplete ones.
    /// </summary>
    public int? Total { get; init; }

    /// <summary>
    /// For <see cref="AsyncWaitKind.WhenAll"/> and <see cref="AsyncWaitKind.WhenAny"/>, the stacks of the incomplete tasks, as far as limits allow.
    /// Identical stacks are adjacent, the most frequent first.
    /// </summary>
    public IReadOnlyList<AsyncStack> Unfinished { get; init; } = [];

    /// <summary>Whether <see cref="Object"/> is the channel.</summary>
    internal bool IsOfChannel { get; init; }

    /// <summary>For a channel, the number of items in it. Null for other kinds, and if not known; known from .NET 10 on.</summary>
    public int? Items { get; init; }

    /// <summary>For a bounded channel, the maximum number of items. Null for other kinds, and if not known.</summary>
    public int? Capacity { get; init; }

    /// <summary>For a channel, how many operations wait to read from it. Null for other kinds, and if not known.</summary>
    public int? Readers { get; init; }

    /// <summary>For a channel, how many operations wait to write to it. Null for other kinds, and if not known.</summary>
    public int? Writers { get; init; }

    /// <summary>For a semaphore, how many can still enter it; null if not known.</summary>
    internal int? Free { get; init; }

    /// <summary>For a semaphore, how many can enter it at once; null if not known.</summary>
    internal int? Limit { get; init; }

    /// <summary>For a semaphore, whether the method that waits also releases it: who has entered it is still in that method.</summary>
    internal bool IsReleasedByWaiter { get; set; }

    /// <summary>For <see cref="AsyncWaitKind.Running"/>, the thread that runs the method. Null if not known, and for other kinds.</summary>
    public DumpThread? Thread { get; init; }
}
