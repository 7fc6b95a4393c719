namespace Stackflare;

/// <summary>How much of a thread's stack a dump has.</summary>
public enum StackCompleteness
{
    /// <summary>All of it.</summary>
    Complete,

    /// <summary>The innermost frames; a limit left out the outer ones.</summary>
    Truncated,

    /// <summary>The innermost frames; the runtime could not walk further.</summary>
    Broken,

    /// <summary>Nothing: the thread has no managed frame.</summary>
    NoManagedFrames,

    /// <summary>Nothing: a limit was reached before this thread's turn.</summary>
    NotWalked,
}
