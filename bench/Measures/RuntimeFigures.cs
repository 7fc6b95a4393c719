using Stackflare.Snapshots;

namespace Stackflare.Bench.Measures;

/// <summary>Captures of a program on one runtime, by the probe's clock. Times are in milliseconds.</summary>
/// <param name="Pause">The whole pause.</param>
/// <param name="Walk">The part of it in which the stacks were walked.</param>
/// <param name="Locks">The part of it in which locks were read; null where they are not known.</param>
/// <param name="Heap">The part of it in which the heap was looked through; null where it was not.</param>
internal sealed record RuntimeFigures(Distribution Pause, Distribution Walk, Distribution? Locks, Distribution? Heap)
{
    internal static RuntimeFigures Of(IReadOnlyList<Snapshot> snapshots)
    {
        // A background collection has the right of way now and then.
        Snapshot[] walked = [.. snapshots.Where(s => s.Heap is not null)];
        return new RuntimeFigures(
            Distribution.Of(snapshots.Select(s => s.Timings.Pause.TotalMilliseconds)),
            Distribution.Of(snapshots.Select(s => s.Timings.Walk.TotalMilliseconds)),
            Distribution.Of(snapshots.Select(s => s.Timings.Locks.TotalMilliseconds)),
            walked.Length == 0 ? null : Distribution.Of(walked.Select(s => s.Timings.Heap.TotalMilliseconds)));
    }
}
