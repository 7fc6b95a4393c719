using Stackflare.Capture;

namespace Stackflare;

/// <summary>What a capture looks for. Immutable.</summary>
public sealed record CaptureOptions
{
    /// <summary>The options used where none are given.</summary>
    public static CaptureOptions Default { get; } = new();

    /// <summary>Bounds on threads, frames, bytes and time.</summary>
    public DumpLimits Limits { get; init; } = DumpLimits.Default;

    /// <summary>Whether frames carry the text of their source line; true by default.</summary>
    public bool SourceText { get; init; } = true;

    /// <summary>
    /// Whether async methods that wait are looked for, for <see cref="ThreadDump.AsyncStacks"/>. The heap has to be gone through for it while the program stands still,
    /// which takes 6 to 12 ns for each object. Null, the default, does it where the heap is small and for 20 ms at most; true does it whatever the heap, within
    /// <see cref="DumpLimits.Pause"/>.
    /// </summary>
    public bool? Async { get; init; }

    /// <summary>Bounds on looking through the heap for async methods that wait; null when that is not wanted.</summary>
    internal HeapLimits? Heap { get; init; }
}
