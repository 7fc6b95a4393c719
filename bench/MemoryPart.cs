using Stackflare.Bench.Measures;
using Stackflare.Bench.Reporting;
using Stackflare.Bench.Subjects;
using Stackflare.Bench.Tools;

namespace Stackflare.Bench;

/// <summary>What is read from memory, without the runtime: core files, and processes from outside.</summary>
internal static class MemoryPart
{
    internal static void Run(BenchOptions options, Report report)
    {
        using ToolRunner runner = new();
        PublishedTool tool = PublishedTool.Publish();
        report.Cores(CoreBenchmark.Run(runner, tool, options));
        report.Outside(
        [
            OutsideBenchmark.Run(".NET 10, all threads wait", Subject.StartTarget, busy: 0, runner, tool, options),
            OutsideBenchmark.Run(".NET 11, all threads wait", Subject.StartTargetOnNet11, busy: 0, runner, tool, options),
            OutsideBenchmark.Run(".NET 10, 2 of them run", Subject.StartTarget, busy: 2, runner, tool, options),
            OutsideBenchmark.Run(".NET 10, 10 of them run", Subject.StartTarget, busy: 10, runner, tool, options),
        ]);
    }
}
