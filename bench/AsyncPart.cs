using Stackflare.Bench.Measures;
using Stackflare.Bench.Reporting;
using Stackflare.Bench.Subjects;
using Stackflare.Bench.Tools;

namespace Stackflare.Bench;

/// <summary>What looking for async methods costs a program with many of them, one with a large heap, and an ordinary one.</summary>
internal static class AsyncPart
{
    private const int Methods = 100_000, Objects = 5_000_000;

    internal static void Run(BenchOptions options, Report report)
    {
        if (!OperatingSystem.IsLinux())
            return;
        using ToolRunner runner = new();
        PublishedTool tool = PublishedTool.Publish();
        report.Async(
        [
            AsyncBenchmark.Run(runner, tool, methods: 0, objects: 0, options),
            AsyncBenchmark.Run(runner, tool, Methods, objects: 0, options),
            AsyncBenchmark.Run(runner, tool, methods: 0, Objects, options),
            AsyncBenchmark.Run(runner, tool, Methods, Objects, options),
        ]);
        report.Search(
        [
            SearchBenchmark.Run(".NET 10", Subject.StartTarget, runner, tool, options),
            SearchBenchmark.Run(".NET 11", Subject.StartTargetOnNet11, runner, tool, options),
        ]);
    }
}
