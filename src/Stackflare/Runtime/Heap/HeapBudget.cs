using Stackflare.Snapshots.Format;

namespace Stackflare.Runtime.Heap;

/// <summary>Limits for reading a heap.</summary>
internal sealed record HeapBudget
{
    /// <summary>More are not remembered, as in the probe.</summary>
    public const int Candidates = 1 << 20;

    /// <summary>Objects of the framework's libraries among them.</summary>
    public const int Details = 1 << 17;

    /// <summary>How many objects are copied.</summary>
    public int Objects { get; init; } = 500_000;

    /// <summary>How many bytes are copied.</summary>
    public int Bytes { get; init; } = 64 << 20;

    public required TimeSpan Time { get; init; }

    /// <summary>What to do if the time was too short, for a note.</summary>
    public string Hint { get; init; } = CaptureNotes.AsyncHint;

    /// <summary>Nothing waits for a core, so it is a multiple of what a large heap takes on a busy machine.</summary>
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(30);

    /// <summary>The limits for a mode; null if async methods are not wanted.</summary>
    public static HeapBudget? For(AsyncStackMode mode, DumpLimits limits) => mode switch
    {
        AsyncStackMode.Never => null,
        // The size of the heap limits it.
        AsyncStackMode.Always => new HeapBudget { Time = TimeSpan.FromHours(1), Bytes = Math.Min(64 << 20, limits.MaxSnapshotBytes) },
        _ => new HeapBudget { Time = Usual, Bytes = Math.Min(64 << 20, limits.MaxSnapshotBytes) },
    };
}
