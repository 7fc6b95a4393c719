using Stackflare.Bench.Measures;
using Stackflare.Bench.Reporting;
using Stackflare.Bench.Subjects;
using Stackflare.Bench.Tools;

namespace Stackflare.Bench;

/// <summary>All that is measured of the command-line tool: dumps of other programs from outside.</summary>
internal static class ToolPart
{
    internal static void Run(Contestants signalled, BenchOptions options, Report report)
    {
        using ToolRunner runner = new();
        ToolContestants contestants = new(runner, signalled, options);
        report.Tools(contestants);
        List<ToolPauseResult> pauses = [];
        foreach (Shape shape in options.ToolShapes)
        {
            (IReadOnlyList<ToolResult> results, ToolSet tools) = ToolBenchmark.Run(contestants, runner, shape, options);
            report.Tools(tools, results);
            if (shape == Shape.Reference)
                report.FreshTools(shape, ToolBenchmark.RunFresh(contestants, runner, tools, options));
            if (shape == Shape.Reference)
                report.Records(shape, RecordBenchmark.Run(runner, contestants, shape, options));
            if (shape == Shape.Large)
                report.Page(PageBenchmark.Run(runner, contestants.Tool, shape, options));
            if (!options.Quick || shape == Shape.Reference)
                pauses.AddRange(ToolPauseBenchmark.Run(runner, tools, options));
        }

        if (pauses.Count > 0)
            report.ToolPauses(pauses);
    }
}
