using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;

namespace Stackflare.Bench.Measures;

/// <summary>Captures of a program on one runtime, by the probe's clock. Times are in milliseconds.</summary>
/// <param name="Pause">The whole pause.</param>
/// <param name="Walk">The part of it in which the stacks were walked.</param>
/// <param name="Locks">The part of it in which locks were read; null where they are not known.</param>
/// <param name="Heap">The part of it in which the heap was looked through; null where it was not.</param>
internal sealed record RuntimeFigures(Distribution Pause, Distribution Walk, Distribution? Locks, Distribution? Heap)
{
    internal static RuntimeFigures Of(IReadOnlyList<RawSnapshot> snapshots)
    {
        // A background collection has the right of way now and then.
        RawHeap[] heaps = [.. snapshots.Select(s => s.Heap).OfType<RawHeap>().Where(h => h.Info.Status == HeapStatus.Walked)];
        return new RuntimeFigures(
            Distribution.Of(snapshots.Select(s => s.Info.PauseNs / 1e6)),
            Distribution.Of(snapshots.Select(s => s.Info.WalkNs / 1e6)),
            snapshots.All(s => s.Info.Flags.HasFlag(InfoFlags.Locks)) ? Distribution.Of(snapshots.Select(s => s.Info.LocksNs / 1e6)) : null,
            heaps.Length == 0 ? null : Distribution.Of(heaps.Select(h => (h.Info.WalkNs + h.Info.FollowNs) / 1e6)));
    }
}
