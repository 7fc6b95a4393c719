using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;

namespace Stackflare.Capture.Probe;

/// <summary>Takes snapshots of a running process with the probe, which the runtime loads for a moment.</summary>
/// <param name="open">Opens a transport to the process. Each attempt needs a new one, and a capture can make several attempts.</param>
/// <param name="slots">What is known of the process's profiler slots.</param>
/// <param name="readHost">Reads the process's information from /proc, before a capture with these options.</param>
internal sealed class ProbeSource(Func<ProbeTransport> open, ProfilerSlots slots, Func<CaptureOptions, ProcessFacts> readHost) : ICaptureSource
{
    public Snapshot Capture(CaptureOptions options, CancellationToken cancellationToken)
    {
        ProcessFacts host = readHost(options);
        return Decode(Take(options, host, cancellationToken), host);
    }

    /// <summary>As <see cref="Capture"/>, for the current process, in two steps.</summary>
    /// <param name="options">What to collect, and limits.</param>
    /// <param name="hold">Called when the probe is attached. Returns when the capture must begin, or throws if it must not.</param>
    /// <exception cref="StackflareException">No snapshot could be taken; the error says why.</exception>
    public Snapshot CaptureHeld(CaptureOptions options, Action hold)
    {
        ProcessFacts? host = null;
        RawSnapshot raw = SnapshotCapture.TakeHeld(
            open, options, slots, readHost(options).Tasks,
            () =>
            {
                hold();
                host = readHost(options);
            });
        return Decode(raw, host!);
    }

    private static Snapshot Decode(RawSnapshot raw, ProcessFacts host)
    {
        Snapshot snapshot = SnapshotDecoder.Decode(raw, host, CaptureNotes.Describe(raw));
        WaitTimes.Measure(snapshot);
        return snapshot;
    }

    /// <summary>Takes the raw records as the probe sends them.</summary>
    internal RawSnapshot TakeRecords(CaptureOptions options, CancellationToken cancellationToken) => Take(options, readHost(options), cancellationToken);

    private RawSnapshot Take(CaptureOptions options, ProcessFacts host, CancellationToken cancellationToken) =>
        SnapshotCapture.Take(open, options, slots, host.Tasks, cancellationToken);
}
