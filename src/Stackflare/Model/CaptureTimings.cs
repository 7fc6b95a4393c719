namespace Stackflare;

/// <summary>How long the parts of a capture took. Measured inside the dumped process by its monotonic clock.</summary>
/// <param name="Pause">How long the program stood still: from before the suspend to after the resume.</param>
/// <param name="Suspend">The part of the pause that brought all threads to a stop.</param>
/// <param name="Walk">The part of the pause that walked the stacks.</param>
/// <param name="Resolve">After the pause: addresses to methods and IL offsets.</param>
/// <param name="SuspendRetries">How often the suspend was tried again because a garbage collection was suspending at that moment.</param>
public sealed record CaptureTimings(TimeSpan Pause, TimeSpan Suspend, TimeSpan Walk, TimeSpan Resolve, int SuspendRetries)
{
    /// <summary>The part of the pause that read locks: who holds them, and who waits for them.</summary>
    public TimeSpan Locks { get; init; }

    /// <summary>The part of the pause that looked through the heap for async methods; zero where that was not asked for.</summary>
    public TimeSpan Heap { get; init; }
}
