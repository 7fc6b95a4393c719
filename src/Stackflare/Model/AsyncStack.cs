namespace Stackflare;

/// <summary>
/// An async method that waits, with those that wait for it in turn: the stack that they would have if they were ordinary methods. No thread has it. Immutable.
/// </summary>
public sealed class AsyncStack
{
    /// <summary>
    /// The methods, innermost first, each at the <c>await</c> that it is suspended at (<see cref="FrameKind.Async"/>). Empty only in
    /// <see cref="AsyncWait.Unfinished"/>, for what no async method stands behind: a <see cref="System.Threading.Tasks.Task.Delay(int)"/> that a time limit is made of, say.
    /// </summary>
    public required IReadOnlyList<DumpFrame> Frames { get; init; }

    /// <summary>What the innermost method waits for.</summary>
    public required AsyncWait WaitingFor { get; init; }

    /// <summary>
    /// Where the innermost method keeps its state. Two stacks with one address end in one and the same call, for which both wait. Null where it is not known, and
    /// without frames.
    /// </summary>
    public ObjectAddress? Innermost { get; init; }

    /// <summary>Whether methods are missing between the innermost that are there and the outermost: there are more than <see cref="Frames"/> may have.</summary>
    public bool IsTruncated { get; init; }

    /// <summary>The threads that are blocked until the outermost method completes (<c>Wait</c>, <c>Result</c>), by managed id.</summary>
    public IReadOnlyList<DumpThread> BlockedThreads { get; internal set; } = [];

    /// <summary>What <see cref="SameAsyncStack"/> remembers of it; 0 until then. In one word, as any thread may be the first to ask.</summary>
    internal long Shape { get; set; }

    /// <summary>Whether all of it is the platform's own: a server's loop that accepts connections, say.</summary>
    public bool IsOfPlatform => Frames.All(static f => f.Module is { IsOfPlatform: true });
}
