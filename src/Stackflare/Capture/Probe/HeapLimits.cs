namespace Stackflare.Capture.Probe;

/// <summary>Bounds on looking through the heap for async methods. Immutable.</summary>
internal sealed record HeapLimits
{
    /// <summary>The limits of <see cref="AsyncStackMode.Auto"/>. A heap of that size takes some 10 ms where the processors are not busy.</summary>
    private static readonly HeapLimits Auto = new() { Pause = TimeSpan.FromMilliseconds(40), HeapBytes = 128 << 20 };

    /// <summary>The limits of <see cref="AsyncStackMode.Always"/>.</summary>
    private static readonly HeapLimits Always = new() { Pause = TimeSpan.FromSeconds(1) };

    /// <summary>How much longer the program may stand still for it, by the clock.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How many objects are copied.</summary>
    public int Objects { get; init; } = 500_000;

    /// <summary>How many bytes are copied.</summary>
    public int CopiedBytes { get; init; } = 64 << 20;

    /// <summary>A program with more memory of its own is not looked through.</summary>
    public long HeapBytes { get; init; } = long.MaxValue;

    /// <summary>Whether the runtime is to enumerate the heap, for the main profiler, also where the collector says where it is.</summary>
    public bool Enumerate { get; init; }

    /// <summary>The limits that options mean; null when async methods are not to be looked for.</summary>
    public static HeapLimits? For(CaptureOptions options) => options.Heap ?? options.AsyncStacks switch
    {
        AsyncStackMode.Always => options.Limits.MaxPause > Always.Pause ? Always with { Pause = options.Limits.MaxPause } : Always,
        AsyncStackMode.Never => null,
        _ => Auto,
    };
}
