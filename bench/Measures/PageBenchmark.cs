using System.Globalization;
using Stackflare.Bench.Subjects;
using Stackflare.Bench.Tools;

namespace Stackflare.Bench.Measures;

/// <summary>Dumps of one program as a page, in turns with dumps as JSON.</summary>
internal static class PageBenchmark
{
    internal static PageResult Run(ToolRunner runner, PublishedTool tool, Shape shape, BenchOptions options)
    {
        using Subject target = Subject.StartTarget(shape, "--no-trap");
        string id = target.Id.ToString(CultureInfo.InvariantCulture);
        List<double> page = [], json = [];
        double bytes = 0;
        for (int i = 0; i < options.ToolRounds(shape); i++)
        {
            ToolSample asPage = runner.Run([tool.Path, id, "-f", "html"], "Gate.Park"), asJson = runner.Run([tool.Path, id, "-f", "json"], "Gate.Park");
            if (asPage is not { ExitCode: 0, Marks: > 0 } || asJson is not { ExitCode: 0, Marks: > 0 })
                throw new BenchException($"A page and JSON: {asPage.Errors} {asJson.Errors}");
            page.Add(asPage.Milliseconds);
            json.Add(asJson.Milliseconds);
            bytes = asPage.Bytes;
        }
        return new PageResult(shape, Distribution.Of(page), Distribution.Of(json), bytes);
    }
}

/// <summary>What a page costs. Times are in milliseconds, from the tool's start to its exit.</summary>
/// <param name="Shape">The program.</param>
/// <param name="Page">The time with a page.</param>
/// <param name="Json">The time with JSON.</param>
/// <param name="Bytes">The size of the page.</param>
internal sealed record PageResult(Shape Shape, Distribution Page, Distribution Json, double Bytes)
{
    /// <summary>The time against that of JSON; the worse of medians and minima.</summary>
    internal double Ratio => Math.Max(Page.Median / Json.Median, Page.Min / Json.Min);
}
