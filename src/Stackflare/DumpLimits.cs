namespace Stackflare;

/// <summary>
/// Limits for one dump. A process with 100,000 threads, or a stack of a million frames, gets a short dump instead of a long pause.
/// The dump has a note for each limit that cut something off. Immutable.
/// </summary>
public sealed record DumpLimits
{
    /// <summary>Hard upper limits for every capture.</summary>
    internal const int HardMaxThreads = 100_000, HardMaxFrames = 4_000_000;

    /// <summary>The default limits.</summary>
    public static DumpLimits Default { get; } = new();

    /// <summary>How many threads are walked; the others are only counted. From 1 to 100,000; 10,000 by default.</summary>
    public int MaxThreads { get; init => field = InRange(value, 1, HardMaxThreads, nameof(MaxThreads)); } = 10_000;

    /// <summary>How many frames of one thread are walked, beginning with the innermost. From 1 to 1,000,000; 20,000 by default.</summary>
    public int MaxFramesPerThread { get; init => field = InRange(value, 1, 1_000_000, nameof(MaxFramesPerThread)); } = 20_000;

    /// <summary>How many frames of all threads together are walked. From 1 to 4,000,000; 1,000,000 by default.</summary>
    public int MaxFrames { get; init => field = InRange(value, 1, HardMaxFrames, nameof(MaxFrames)); } = 1_000_000;

    /// <summary>Maximum size of a snapshot in bytes. From 64 KiB to 1 GiB; 256 MiB by default.</summary>
    public int MaxSnapshotBytes { get; init => field = InRange(value, 64 << 10, 1 << 30, nameof(MaxSnapshotBytes)); } = 256 << 20;

    /// <summary>
    /// Maximum length of the pause. After this time, no further thread is walked. From 1 ms to 10 s; 250 ms by default.
    /// </summary>
    public TimeSpan MaxPause { get; init => field = InRange(value, 1, 10_000, nameof(MaxPause)); } = TimeSpan.FromMilliseconds(250);

    /// <summary>Maximum time of a capture, from the request to the last byte. From 10 ms to 10 minutes; 5 s by default.</summary>
    public TimeSpan Timeout { get; init => field = InRange(value, 10, 600_000, nameof(Timeout)); } = TimeSpan.FromSeconds(5);

    private static int InRange(int value, int min, int max, string name) =>
        value >= min && value <= max ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} must be from {min} to {max}.");

    private static TimeSpan InRange(TimeSpan value, int minMs, int maxMs, string name) =>
        value.TotalMilliseconds >= minMs && value.TotalMilliseconds <= maxMs
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} must be from {minMs} ms to {maxMs} ms.");
}
