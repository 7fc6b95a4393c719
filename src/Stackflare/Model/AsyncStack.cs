namespace Stackflare;

/// <summary>
/// An async method that waits, with its chain of async callers: the stack that they would have if they were synchronous methods. It is on no thread's
/// stack. Immutable.
/// </summary>
public sealed class AsyncStack
{
    /// <summary>
    /// The methods, innermost first, each at the <c>await</c> where it is suspended (<see cref="FrameKind.Async"/>). Empty only in
    /// <see cref="AsyncWait.Unfinished"/>, for a task that is not an async method, for example <see cref="System.Threading.Tasks.Task.Delay(int)"/>
    /// as a time limit.
    /// </summary>
    public required IReadOnlyList<DumpFrame> Frames { get; init; }

    /// <summary>What the innermost method waits for.</summary>
    public required AsyncWait WaitingFor { get; init; }

    /// <summary>
    /// The object with the state of the innermost method. Two stacks with the same address end in the same call, and both wait for it. Null if not
    /// known, and without frames.
    /// </summary>
    public ObjectAddress? Innermost { get; init; }

    /// <summary>
    /// Whether methods between the innermost ones and the outermost one are left out, because of the limit on <see cref="Frames"/>.
    /// </summary>
    public bool IsTruncated { get; init; }

    /// <summary>The threads that are blocked until the outermost method completes (<c>Wait</c>, <c>Result</c>), by managed id.</summary>
    public IReadOnlyList<DumpThread> BlockedThreads { get; internal set; } = [];

    /// <summary>
    /// Identifies the wait across dumps of a process: another dump has the same number only if the methods have not run in between. Null if that is not
    /// known.
    /// </summary>
    internal ulong? Identity { get; init; }

    /// <summary>The cached size and hash of <see cref="SameAsyncStack"/>; 0 if not yet computed. One word, because any thread may write it.</summary>
    internal long Shape { get; set; }

    /// <summary>The innermost visible frame of the program's own code; null if there is none.</summary>
    internal DumpFrame? ProgramFrame => Frames.FirstOrDefault(static f => f is { IsHidden: false, Module.IsOfPlatform: false });

    /// <summary>Whether all frames are framework code, for example a server's loop that accepts connections.</summary>
    public bool IsOfPlatform => Frames.All(static f => f.Module is { IsOfPlatform: true });
}
