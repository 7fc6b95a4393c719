using Stackflare.Bench.Measures;
using static Stackflare.Bench.Reporting.Figures;

namespace Stackflare.Bench.Reporting;

/// <summary>The part about recordings and pages.</summary>
internal sealed partial class Report
{
    internal void Records(Shape shape, IReadOnlyList<RecordResult> results)
    {
        Write($"### Recordings: {shape}, {RecordBenchmark.Rate} samples a second wanted\n");
        Table table = new("", "samples of each thread, a second", "the program stood still", "the recorder's processor time", "the program's", "size of the file");
        foreach (RecordResult result in results)
        {
            table.Add(
                result.Name, result.Rate is { } rate ? Of(rate) : "not said", result.Paused is { } paused ? Of(paused) + " %" : "not said", Of(result.ToolCpu) + " %", Of(result.TargetCpu) + " %",
                Size(result.Bytes));
        }
        Write(table.ToString());
        _goals.Add(new($"Recording, from one sample to the next: {shape}", 10.5, 1000 / results[0].Rate!.Value, "ms"));
        _goals.Add(new("Recording: part of the time for which the program stands still", 1, results[0].Paused, "%"));
        _goals.Add(new("Recording: the tool's processor time", 10, results[0].ToolCpu, "%"));
    }

    internal void Page(PageResult result)
    {
        Write($"### A page against JSON, start to exit: {result.Shape}\n");
        Table table = new("page", "JSON", "of that", "size of the page");
        table.Add(Milliseconds(result.Page.Median), Milliseconds(result.Json.Median), Of(result.Ratio) + " ×", Size(result.Bytes));
        Write(table.ToString());
        _goals.Add(new($"Page, time against JSON's: {result.Shape}", 1.5, result.Ratio, "×"));
        _goals.Add(new($"Page, size: {result.Shape}", 1, result.Bytes / 1e6, "MB"));
    }
}
