namespace Stackflare;

/// <summary>How much of a thread's stack a dump contains.</summary>
public enum StackCompleteness
{
    /// <summary>The whole stack.</summary>
    Complete,

    /// <summary>The innermost frames; a limit left out the outer ones.</summary>
    Truncated,

    /// <summary>The innermost frames; the runtime could not walk further.</summary>
    Broken,

    /// <summary>Nothing: the thread has no managed frames.</summary>
    NoManagedFrames,

    /// <summary>Nothing: a limit was reached before this thread's turn.</summary>
    NotWalked,
}
