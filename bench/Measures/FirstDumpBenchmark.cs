using Stackflare.Bench.Subjects;

namespace Stackflare.Bench.Measures;

/// <summary>Signal to last byte of the very first dump of a process, each in a fresh one.</summary>
internal static class FirstDumpBenchmark
{
    // The first dump of a sick process comes long after its start: what a runtime still does in the background then is not part of it.
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(500);

    internal static IReadOnlyList<LatencyResult> Run(
        IReadOnlyList<Contestant> contestants, IReadOnlyList<DumpEnd> ends, Shape shape, BenchOptions options)
    {
        List<DumpSample>[] samples = [.. contestants.Select(_ => new List<DumpSample>())];
        for (int round = 0; round < options.FirstDumps; round++)
        {
            for (int i = 0; i < contestants.Count; i++)
            {
                using Subject subject = Subject.Start(contestants[i], shape);
                Thread.Sleep(Settle);
                samples[i].Add(subject.TakeDump(ends[i]));
            }
        }

        return [.. contestants.Zip(samples, LatencyResult.Of)];
    }
}
