using Stackflare.Bench.Measures;
using Stackflare.Bench.Reporting;
using Stackflare.Bench.Subjects;

namespace Stackflare.Bench;

/// <summary>All that is measured of the library: programs that dump themselves on a signal.</summary>
internal static class LibraryPart
{
    internal static void Run(Contestants contestants, BenchOptions options, Report report)
    {
        List<PauseResult> pauses = [];
        foreach (Shape shape in options.Shapes)
        {
            (IReadOnlyList<LatencyResult> warm, IReadOnlyList<DumpEnd> ends) = WarmBenchmark.Run(contestants.Present, shape, options);
            report.Warm(shape, warm);
            if (shape == Shape.Reference)
                report.FirstDump(shape, FirstDumpBenchmark.Run(contestants.Present, ends, shape, options));
            pauses.Add(PauseBenchmark.Run(shape, options));
            if (shape != Shape.Reference)
                continue;
            pauses.Add(PauseBenchmark.Run(shape, options, locked: true));
            pauses.Add(PauseBenchmark.Run(shape, options, async: true));
            report.Together(SharedBenchmark.Run(shape, options));
        }

        report.Pause(pauses);
        report.Idle(IdleBenchmark.Run(options));
    }
}
