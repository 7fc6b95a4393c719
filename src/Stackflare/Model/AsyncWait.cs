namespace Stackflare;

/// <summary>What an async method waits for, as it was during the pause. Immutable.</summary>
public sealed class AsyncWait
{
    /// <summary>What sort of thing it is.</summary>
    public required AsyncWaitKind Kind { get; init; }

    /// <summary>
    /// Full name of the type of what is awaited; where that is not known, of the awaiter. Null where neither is.
    /// </summary>
    public string? Type { get; init; }

    /// <summary>
    /// Where the object was that says most of it: the <see cref="System.Threading.SemaphoreSlim"/> rather than the task it gave; else the task or whatever is awaited.
    /// Null where it is not known, and for what has none.
    /// </summary>
    public ObjectAddress? Object { get; init; }

    /// <summary>What is being done, where that is known: of a socket, for example <c>Receive</c>; of a channel, <c>Read</c> or <c>Write</c>.</summary>
    public string? Operation { get; init; }

    /// <summary>
    /// How long after the pause the wait ends by itself: a delay is over, or a time limit reached. Zero or less if that time had come. Null where it
    /// does not, or that is not known.
    /// </summary>
    public TimeSpan? DueIn { get; init; }

    /// <summary>
    /// Of <see cref="AsyncWaitKind.WhenAll"/> and <see cref="AsyncWaitKind.WhenAny"/>: how many of the tasks have completed; null for others, and where
    /// <see cref="Total"/> is not known.
    /// </summary>
    public int? Done => Total - Pending;

    /// <summary>Of <see cref="AsyncWaitKind.WhenAll"/> and <see cref="AsyncWaitKind.WhenAny"/>: how many of the tasks have not completed; null for others.</summary>
    public int? Pending { get; init; }

    /// <summary>
    /// Of <see cref="AsyncWaitKind.WhenAll"/> and <see cref="AsyncWaitKind.WhenAny"/>: how many tasks there are; null for others, and where the platform does not keep it:
    /// of tasks without a result, <see cref="System.Threading.Tasks.Task.WhenAll(IEnumerable{System.Threading.Tasks.Task})"/> only counts what is left.
    /// </summary>
    public int? Total { get; init; }

    /// <summary>
    /// Of <see cref="AsyncWaitKind.WhenAll"/> and <see cref="AsyncWaitKind.WhenAny"/>: what stands behind the tasks that have not completed, as far as limits allow;
    /// those that are alike stand together, the most frequent first.
    /// </summary>
    public IReadOnlyList<AsyncStack> Unfinished { get; init; } = [];

    /// <summary>Of <see cref="AsyncWaitKind.Running"/>, the thread that runs the method; null where that is not known, and for others.</summary>
    public DumpThread? Thread { get; init; }
}
