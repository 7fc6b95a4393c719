namespace Stackflare;

/// <summary>
/// Every thread of a process with its stack, at one instant. Immutable and safe to use from any thread; it holds no
/// resources and nothing of the dumped process. Two dumps are equal if they are the same one, or one is a copy of the other (<c>with</c>) that changes nothing.
/// </summary>
public sealed partial record ThreadDump
{
    /// <summary>The process.</summary>
    public required DumpedProcess Process { get; init; }

    /// <summary>When the threads stood still.</summary>
    public required DateTimeOffset CapturedAt { get; init; }

    /// <summary>
    /// Whether the runtime answered; true but for a process that could not be captured, whose dump has the kernel's view of its threads
    /// and nothing else.
    /// </summary>
    public bool HasStacks { get; init; } = true;

    /// <summary>How long the capture took.</summary>
    public required CaptureTimings Timings { get; init; }

    /// <summary>The threads that the runtime knows: the first thread first, the others by managed id (by the kernel's where that is not known).</summary>
    public required IReadOnlyList<DumpThread> Threads { get; init; }

    /// <summary>The threads that the runtime does not know, by the kernel's id.</summary>
    public required IReadOnlyList<RuntimeThread> RuntimeThreads { get; init; }

    /// <summary>
    /// Whether async methods were looked for, and <see cref="AsyncStacks"/> is what there was. If not, and nobody said not to, a note says why.
    /// </summary>
    public bool HasAsyncStacks { get; init; }

    /// <summary>
    /// The async methods that wait, as stacks: one for each that no other waits for, down to the innermost that it waits for. Those that are alike stand
    /// together, the most frequent first, those of the platform alone last. What a thread runs is not here but in <see cref="DumpThread.AsyncCallers"/>.
    /// Known on .NET 9 and later.
    /// </summary>
    public IReadOnlyList<AsyncStack> AsyncStacks { get; init; } = [];

    /// <summary>The circles of threads that wait for each other; empty where there are none, or locks are not known.</summary>
    public IReadOnlyList<Deadlock> Deadlocks { get; init; } = [];

    /// <summary>What is wrong with the program, or looks so, the worst first; empty where nothing does. Deadlocks come first.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>The thread pool; null where nothing is known of it: before .NET 9 in another process, or if the program has not used it.</summary>
    public ThreadPoolState? ThreadPool { get; init; }

    /// <summary>What could not be had, a sentence each; empty for a complete dump. Formats print them.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
