namespace Stackflare;

/// <summary>
/// All threads of a process with their stacks, at one instant. Immutable and safe to use from any thread. It needs no disposal and keeps no reference
/// to the process. Two dumps are equal if they are the same object, or if one is a copy of the other (<c>with</c>) without changes.
/// </summary>
public sealed partial record ThreadDump
{
    /// <summary>The process.</summary>
    public required DumpedProcess Process { get; init; }

    /// <summary>The time of the pause.</summary>
    public required DateTimeOffset CapturedAt { get; init; }

    /// <summary>Why the dump was taken; null if the program or a tool asked for it directly.</summary>
    public DumpReason? Reason { get; init; }

    /// <summary>
    /// Whether the runtime answered. If false, the process could not be captured, and the dump contains only the kernel's view of its
    /// threads.
    /// </summary>
    public bool HasStacks { get; init; } = true;

    /// <summary>The duration of the capture.</summary>
    public required CaptureTimings Timings { get; init; }

    /// <summary>
    /// The threads that the runtime knows: the first thread of the process, then the others by managed id (by kernel id if not known).
    /// </summary>
    public required IReadOnlyList<DumpThread> Threads { get; init; }

    /// <summary>The threads that the runtime does not know, by kernel id.</summary>
    public required IReadOnlyList<RuntimeThread> RuntimeThreads { get; init; }

    /// <summary>
    /// Whether <see cref="AsyncStacks"/> is the result of a search. If false, a note gives the reason, unless the options forbid the search.
    /// </summary>
    public bool HasAsyncStacks { get; init; }

    /// <summary>Whether it is a sample of a recording: stacks and processor times only, no locks, thread pool, exceptions and async stacks.</summary>
    internal bool IsSample { get; init; }

    /// <summary>
    /// The async methods that wait, as stacks. A stack begins with the innermost method and ends with a method that no other one awaits. Identical
    /// stacks are adjacent, the most frequent first; stacks of framework code are last. The method that a thread runs is here only if several methods await it or
    /// one of its callers, or if a thread is blocked until it completes; otherwise its callers are in <see cref="DumpThread.AsyncCallers"/>. Known on
    /// .NET 9 and later.
    /// </summary>
    public IReadOnlyList<AsyncStack> AsyncStacks { get; init; } = [];

    /// <summary>
    /// The HTTP requests that ASP.NET Core serves, the oldest first. Empty if there are none, or if async stacks were not searched. Known on .NET 10
    /// and later. A request that nothing is known to serve is here only if its age or trace id is known.
    /// </summary>
    public IReadOnlyList<RequestInFlight> Requests { get; init; } = [];

    /// <summary>The cycles of threads that wait for each other; empty if there are none, or if locks are not known.</summary>
    public IReadOnlyList<Deadlock> Deadlocks { get; init; } = [];

    /// <summary>The problems and possible problems of the program: deadlocks first, then the most severe; empty if none was found.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>The thread pool; null if not known (before .NET 9 in another process), or if the program has not used it.</summary>
    public ThreadPoolState? ThreadPool { get; init; }

    /// <summary>What is missing in the dump, in one sentence each; empty for a complete dump. The formats print the notes.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Those of <see cref="Notes"/> that Stackflare has written without data of the program; others can contain names.</summary>
    internal IReadOnlyList<string> PublicNotes { get; init; } = [];

    /// <summary>The dump with all of its threads, from which this one was made; null if this one has them all. The findings are about it.</summary>
    internal ThreadDump? Unfiltered { get; init; }

    /// <summary>What has not run since the first dump of a series; null for that dump, and for a dump that is not compared with others.</summary>
    internal UnchangedParts? Unchanged { get; init; }
}
