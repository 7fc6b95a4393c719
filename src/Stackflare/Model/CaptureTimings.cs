namespace Stackflare;

/// <summary>The duration of each part of a capture. Measured inside the dumped process by its monotonic clock.</summary>
/// <param name="Pause">How long the program was paused: from before the suspend to after the resume.</param>
/// <param name="Suspend">The part of the pause until all threads were suspended.</param>
/// <param name="Walk">The part of the pause that walked the stacks.</param>
/// <param name="Resolve">After the pause: resolving addresses to methods and IL offsets.</param>
/// <param name="SuspendRetries">How often the suspend was repeated because a garbage collection was suspending at that moment.</param>
public sealed record CaptureTimings(TimeSpan Pause, TimeSpan Suspend, TimeSpan Walk, TimeSpan Resolve, int SuspendRetries)
{
    /// <summary>The part of the pause that read locks, with their owners and waiters.</summary>
    public TimeSpan Locks { get; init; }

    /// <summary>The part of the pause that read the heap for async methods; zero if that was not requested.</summary>
    public TimeSpan Heap { get; init; }
}
