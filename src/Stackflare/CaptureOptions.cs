using Stackflare.Capture.Probe;

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
    /// Whether async methods that wait are looked for, for <see cref="ThreadDump.AsyncStacks"/> (.NET 9 and later). The heap has to be gone through for it while the
    /// program stands still, which takes some 10 ns for each object. Null, the default, does it where the program has less than 128 MiB of memory of its own, for 40 ms
    /// at most; true does it however large it is, for a second at most, or as long as <see cref="DumpLimits.Pause"/> allows if that is longer.
    /// </summary>
    public bool? Async { get; init; }

    /// <summary>
    /// Whether a dump may be the runtime's main profiler for its few milliseconds, which looking for async methods takes on .NET 9 and 10; true by default. It costs
    /// others this: a notification-only profiler that is attached later is told of nothing until the program is started again. False takes no main slot, and so finds no
    /// async methods on these runtimes. The variable <c>STACKFLARE_NO_MAIN_PROFILER=1</c>, of the program or of whoever asks for the dump, forbids it as well.
    /// </summary>
    public bool AllowMainProfiler { get; init; } = true;

    /// <summary>Bounds on looking through the heap that <see cref="Async"/> does not give; null for those that it does.</summary>
    internal HeapLimits? Heap { get; init; }
}
