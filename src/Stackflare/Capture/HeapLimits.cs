namespace Stackflare.Capture;

/// <summary>Bounds on looking through the heap for async methods. Immutable.</summary>
internal sealed record HeapLimits
{
    /// <summary>How much longer the pause may last for it.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How many objects are copied.</summary>
    public int Objects { get; init; } = 500_000;

    /// <summary>How many bytes are copied.</summary>
    public int CopiedBytes { get; init; } = 64 << 20;

    /// <summary>A program with more memory of its own is not looked through.</summary>
    public long HeapBytes { get; init; } = long.MaxValue;
}
