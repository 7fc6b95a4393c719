using Stackflare.Snapshots;

namespace Stackflare.Runtime;

/// <summary>What is known of a process from outside, when its memory is read.</summary>
/// <param name="Host">What /proc, or a core file, says of it.</param>
/// <param name="Threads">Its threads, by the kernel's ids in its own pid namespace.</param>
/// <param name="CapturedAt">The time of the snapshot.</param>
internal sealed record OutsideFacts(ProcessFacts Host, IReadOnlyDictionary<int, StoppedThread> Threads, DateTimeOffset CapturedAt)
{
    /// <summary>How long threads were stopped.</summary>
    public TimeSpan Stop { get; init; }

    /// <summary>The id of the process in its own pid namespace; null if it is the host's.</summary>
    public int? ProcessId { get; init; }

    /// <summary>The clock that its timers use (CLOCK_MONOTONIC); zero if it is not known.</summary>
    public TimeSpan Clock { get; init; }
}
