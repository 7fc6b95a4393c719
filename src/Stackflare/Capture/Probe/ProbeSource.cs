using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;

namespace Stackflare.Capture.Probe;

/// <summary>Snapshots of a living process, taken by the probe that its runtime loads for a moment.</summary>
/// <param name="open">Lays the way to the process and back. One is for one attempt, and a capture can have several.</param>
/// <param name="places">What is known of the process's profilers.</param>
/// <param name="look">Looks at the process from outside.</param>
internal sealed class ProbeSource(Func<ProbeTransport> open, ProfilerSlots places, Func<HostInfo> look) : ICaptureSource
{
    public Snapshot Capture(CaptureOptions options, CancellationToken cancellationToken)
    {
        HostInfo host = look();
        RawSnapshot raw = Take(options, host, cancellationToken);
        // Right after it: that they wait is from the snapshot, how long is from now.
        host.Tasks.MeasureOffCpuTime(
            from wait in raw.Waits
            where wait.Kind is WaitRecordKind.MonitorEnter or WaitRecordKind.LockEnter or WaitRecordKind.Join
            select (int)raw.Threads[wait.Thread].OsId);
        return SnapshotDecoder.Decode(raw, host, CaptureNotes.Describe(raw));
    }

    /// <summary>The records as the probe sends them.</summary>
    internal RawSnapshot TakeRecords(CaptureOptions options, CancellationToken cancellationToken) => Take(options, look(), cancellationToken);

    private RawSnapshot Take(CaptureOptions options, HostInfo host, CancellationToken cancellationToken) =>
        SnapshotCapture.Take(open, options, places, host.Tasks, cancellationToken);
}
