using Stackflare.Snapshots;

namespace Stackflare.Capture;

/// <summary>Measures for how long threads have waited, right after their snapshot: those for which it matters.</summary>
internal static class WaitTimes
{
    /// <summary>Adds the times to the threads of <see cref="Snapshot.Host"/>.</summary>
    public static void Measure(Snapshot snapshot)
    {
        IEnumerable<SnapshotThread> waiting = snapshot.Threads.Where(static t => t.Wait is { Kind: SnapshotWaitKind.MonitorEnter or SnapshotWaitKind.LockEnter or SnapshotWaitKind.Join });
        IEnumerable<SnapshotThread> finalizer = snapshot.Threads.Where(static t => t is { ManagedId: ManagedThreadId.Finalizer, Stack.IsEmpty: false });
        // While work is queued, it matters whether the workers have been blocked for a while.
        IEnumerable<SnapshotThread> workers = snapshot.ThreadPool is { Queued: > 0 } ? snapshot.Threads.Where(static t => t is { IsThreadPool: true, IsInManagedCode: false }) : [];
        snapshot.Host.Tasks.MeasureOffCpuTime(waiting.Concat(finalizer).Concat(workers).Select(static t => t.OsId).Distinct());
    }
}
