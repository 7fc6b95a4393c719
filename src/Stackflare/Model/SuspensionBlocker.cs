namespace Stackflare;

/// <summary>A thread that the runtime cannot suspend, so that neither a dump with stacks nor a garbage collection is possible. Immutable.</summary>
public sealed record SuspensionBlocker
{
    /// <summary>The thread, without a stack.</summary>
    public required DumpThread Thread { get; init; }

    /// <summary>
    /// The system call in which the thread waits, for example <c>read</c>, or its number if Stackflare has no name for it; null if there is none.
    /// </summary>
    public string? SystemCall { get; init; }

    /// <summary>True for a thread that is held by a debugger or another tracer.</summary>
    public bool IsHeld { get; init; }

    /// <summary>
    /// The minimum time that the thread has been off the processor; null if it runs, or if the kernel does not provide it.
    /// </summary>
    public TimeSpan? OffCpuTime { get; init; }
}
