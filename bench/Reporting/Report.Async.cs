using Stackflare.Bench.Measures;
using static Stackflare.Bench.Reporting.Figures;

namespace Stackflare.Bench.Reporting;

/// <summary>The part about async methods.</summary>
internal sealed partial class Report
{
    internal void Async(IReadOnlyList<AsyncResult> results)
    {
        Write("### Async methods: what looking through the heap costs\n");
        Write("Pauses by the probe's clock. The bare walk has every object enumerated by the runtime, and does nothing with it. 10 threads × 10 frames.\n");
        Table table = new(
            "methods that wait, other objects", "pause without the heap", "with a bare walk", "pause: median", "min", "p95", "of the bare walk's", "walk", "follow",
            "request to dump", "snapshot", "tool, start to exit", "its peak memory");
        foreach (AsyncResult result in results)
        {
            table.Add(
                $"{Whole(result.Methods)}, {Whole(result.Objects)}",
                Milliseconds(result.Without.Median),
                Milliseconds(result.Bare.Median),
                Milliseconds(result.Pause.Median),
                Milliseconds(result.Pause.Min),
                Milliseconds(result.Pause.P95),
                Of(result.Ratio) + " ×",
                Milliseconds(result.Walk.Median),
                Milliseconds(result.Follow.Median),
                Milliseconds(result.Total.Median),
                Megabytes(result.SnapshotMegabytes),
                Milliseconds(result.Tool.Median),
                Megabytes(result.ToolMegabytes));
            if (result.Objects > 0)
                _goals.Add(new($"Async: pause against a bare walk, {Whole(result.Methods)} methods, {Whole(result.Objects)} objects", 1.5, result.Ratio, "×"));
        }
        Write(table.ToString());
    }

    internal void Search(IReadOnlyList<SearchResult> results)
    {
        Write($"### A dump as it comes, with the search for async methods, against one without: {SearchResult.What}\n");
        Table table = new(
            "", "request to dump, without", "with", "of that", "the search", "tool, start to exit, without", "with", "of that");
        foreach (SearchResult result in results)
        {
            table.Add(
                result.Runtime,
                Milliseconds(result.Without.Median),
                Milliseconds(result.With.Median),
                Of(result.Ratio) + " ×",
                Milliseconds(result.Search.Median),
                Milliseconds(result.ToolWithout.Median),
                Milliseconds(result.ToolWith.Median),
                Of(result.ToolRatio) + " ×");
            _goals.Add(new($"Dump with the search against one without, {result.Runtime}: {SearchResult.What}", 1.3, result.Ratio, "×"));
            _goals.Add(new($"Tool with the search against without, {result.Runtime}: {SearchResult.What}", 1.3, result.ToolRatio, "×"));
        }
        Write(table.ToString());
    }
}
