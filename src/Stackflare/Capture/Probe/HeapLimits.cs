namespace Stackflare.Capture.Probe;

/// <summary>Limits for reading the heap for async methods. Immutable.</summary>
internal sealed record HeapLimits
{
    /// <summary>The limits of <see cref="AsyncStackMode.Auto"/>. Some four million objects are read in this time on an idle machine.</summary>
    private static readonly HeapLimits Auto = new() { Pause = TimeSpan.FromMilliseconds(40) };

    /// <summary>The limits of <see cref="AsyncStackMode.Always"/>.</summary>
    private static readonly HeapLimits Always = new() { Pause = TimeSpan.FromSeconds(1) };

    /// <summary>Maximum additional length of the pause, in wall time.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Maximum number of objects to copy.</summary>
    public int Objects { get; init; } = 500_000;

    /// <summary>Maximum number of bytes to copy.</summary>
    public int CopiedBytes { get; init; } = 64 << 20;

    /// <summary>Whether the runtime enumerates the heap for the main profiler, even if the collector publishes where the heap is.</summary>
    public bool Enumerate { get; init; }

    /// <summary>The limits for these options; null if async methods are not wanted.</summary>
    public static HeapLimits? For(CaptureOptions options) => options.Heap ?? options.AsyncStacks switch
    {
        AsyncStackMode.Always => options.Limits.MaxPause > Always.Pause ? Always with { Pause = options.Limits.MaxPause } : Always,
        AsyncStackMode.Never => null,
        _ => Auto,
    };
}
