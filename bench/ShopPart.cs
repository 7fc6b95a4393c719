using Stackflare.Bench.Measures;
using Stackflare.Bench.Reporting;
using Stackflare.Bench.Tools;

namespace Stackflare.Bench;

/// <summary>What a dump of an ordinary service that hangs is like.</summary>
internal static class ShopPart
{
    private const int Requests = 2_000;

    internal static void Run(BenchOptions options, Report report)
    {
        using ToolRunner runner = new();
        report.Shop(ShopBenchmark.Run(runner, PublishedTool.Publish(), Requests, options));
    }
}
