using Stackflare.Capture.Probe;
using Stackflare.Snapshots;

namespace Stackflare;

/// <summary>What a capture collects. Immutable.</summary>
public sealed record CaptureOptions
{
    /// <summary>The default options.</summary>
    public static CaptureOptions Default { get; } = new();

    /// <summary>Limits for threads, frames, bytes and time.</summary>
    public DumpLimits Limits
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value, nameof(Limits));
            field = value;
        }
    } = DumpLimits.Default;

    /// <summary>Whether frames have the text of their source line; true by default.</summary>
    public bool SourceText { get; init; } = true;

    /// <summary>
    /// Whether the capture finds async methods that wait, for <see cref="ThreadDump.AsyncStacks"/> (.NET 9 and later);
    /// <see cref="AsyncStackMode.Auto"/> by default.
    /// Reading the heap takes about 10 ns for each object.
    /// </summary>
    public AsyncStackMode AsyncStacks
    {
        get;
        init => field = Enum.IsDefined(value) ? value : throw new ArgumentOutOfRangeException(nameof(AsyncStacks), value, "There is no such mode.");
    }

    /// <summary>
    /// Whether a dump may be the runtime's main profiler for a few milliseconds; true by default. On .NET 9 and 10, async methods can be found only
    /// in this way. It affects other profilers: a notification-only profiler that attaches later gets no notifications until the program is
    /// restarted. If false, the dump takes no main slot and finds no async methods on these runtimes. The variable
    /// <c>STACKFLARE_NO_MAIN_PROFILER=1</c> has the same effect, in the program or in the process that takes the dump.
    /// </summary>
    public bool AllowMainProfiler { get; init; } = true;

    /// <summary>Whether the dump is discarded, so that it must not use a held capture.</summary>
    internal bool IsWarmUp { get; init; }

    /// <summary>
    /// For a sample of a recording: the threads of the last sample, of which those that have not run since are not walked. A sample has stacks and processor times, and
    /// no locks, pool, exceptions and async stacks. Null for a whole dump.
    /// </summary>
    internal IReadOnlyCollection<SeenThread>? Sample { get; init; }

    /// <summary>Limits for reading the heap that <see cref="AsyncStacks"/> does not set; null to use its limits.</summary>
    internal HeapLimits? Heap { get; init; }
}
