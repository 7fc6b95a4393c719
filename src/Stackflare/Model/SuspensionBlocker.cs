namespace Stackflare;

/// <summary>A thread that the runtime cannot stop, so that neither a dump with stacks nor a garbage collection is possible. Immutable.</summary>
public sealed record SuspensionBlocker
{
    /// <summary>The thread, without a stack.</summary>
    public required DumpThread Thread { get; init; }

    /// <summary>
    /// The system call that the thread waits in, for example <c>read</c>, or <c>451</c> for one without a name here; null when it is in none.
    /// </summary>
    public string? SystemCall { get; init; }

    /// <summary>True for a thread that is held by a debugger or another tracer.</summary>
    public bool IsHeld { get; init; }

    /// <summary>
    /// How long the thread has been off the processor, at least; null for one that runs, and where the kernel does not tell.
    /// </summary>
    public TimeSpan? OffProcessor { get; init; }
}
