using Stackflare.Capture.Probe;

namespace Stackflare;

/// <summary>What a capture looks for. Immutable.</summary>
public sealed record CaptureOptions
{
    /// <summary>The options used where none are given.</summary>
    public static CaptureOptions Default { get; } = new();

    /// <summary>Bounds on threads, frames, bytes and time.</summary>
    public DumpLimits Limits
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value, nameof(Limits));
            field = value;
        }
    } = DumpLimits.Default;

    /// <summary>Whether frames carry the text of their source line; true by default.</summary>
    public bool SourceText { get; init; } = true;

    /// <summary>
    /// Whether async methods that wait are looked for, for <see cref="ThreadDump.AsyncStacks"/> (.NET 9 and later); <see cref="AsyncStackMode.Auto"/> by default. The walk
    /// through the heap takes some 10 ns for each object.
    /// </summary>
    public AsyncStackMode AsyncStacks
    {
        get;
        init => field = Enum.IsDefined(value) ? value : throw new ArgumentOutOfRangeException(nameof(AsyncStacks), value, "There is no such mode.");
    }

    /// <summary>
    /// Whether a dump may be the runtime's main profiler for its few milliseconds, which looking for async methods takes on .NET 9 and 10; true by default. It costs
    /// others this: a notification-only profiler that is attached later is told of nothing until the program is started again. False takes no main slot, and so finds no
    /// async methods on these runtimes. The variable <c>STACKFLARE_NO_MAIN_PROFILER=1</c>, of the program or of whoever asks for the dump, forbids it as well.
    /// </summary>
    public bool AllowMainProfiler { get; init; } = true;

    /// <summary>Bounds on looking through the heap that <see cref="AsyncStacks"/> does not give; null for those that it does.</summary>
    internal HeapLimits? Heap { get; init; }
}
