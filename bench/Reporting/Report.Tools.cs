using Stackflare.Bench.Measures;
using Stackflare.Bench.Tools;
using static Stackflare.Bench.Reporting.Figures;

namespace Stackflare.Bench.Reporting;

/// <summary>The part about the command-line tool and its peers.</summary>
internal sealed partial class Report
{
    internal void Tools(ToolContestants contestants)
    {
        Write("### The command-line tool\n");
        string beside = contestants.Versions.Count > 0 ? $" Beside it: {string.Join("; ", contestants.Versions)}." : "";
        Write($"One file of {Size(contestants.Tool.Bytes)}.{beside}\n");
        foreach (string absent in contestants.Absent)
            Write(absent + "\n");
        _goals.Add(new("Tool: size of the file", 8, contestants.Tool.Bytes / 1e6, "MB"));
    }

    internal void Tools(ToolSet tools, IReadOnlyList<ToolResult> results)
    {
        Write($"### The tool and its peers, start to exit: {tools.Shape}\n");
        Write(ToolTable(results));
        foreach (ToolContestant failed in tools.Failed)
            Write($"{failed.Name} did not print all threads, however it was called.\n");

        ToolResult ours = Find(results, ToolKind.StackflareEverything)!;
        if (tools.Shape == Shape.Small)
            _goals.Add(new($"Tool, everything printed: {tools.Shape}", 25, ours.Time.Median, "ms"));
        if (tools.Shape != Shape.Reference)
            return;
        _goals.Add(new($"Tool, everything printed: {tools.Shape}", 40, ours.Time.Median, "ms"));
        _goals.Add(new("Tool: peak memory", 25, ours.PeakMegabytes, "MB"));
        _goals.Add(new("Tool: page faults", 600, Find(results, ToolKind.StackflareDefault)?.PageFaults, ""));
        if (Find(results, ToolKind.EventPipe) is { } report)
        {
            // The worse of the two ratios counts, as above.
            _goals.Add(new(
                "Tool: time against the sampling profiler's", 0.05,
                Math.Max(ours.Time.Median / report.Time.Median, ours.Time.Min / report.Time.Min), "×"));
            _goals.Add(new("Tool: peak memory against the sampling profiler's", 0.33, ours.PeakMegabytes / report.PeakMegabytes, "×"));
        }
    }

    internal void FreshTools(Shape shape, IReadOnlyList<ToolResult> results)
    {
        Write($"### The tool and its peers, on a program that none has looked at: {shape}\n");
        Write(ToolTable(results));
    }

    internal void ToolPauses(IReadOnlyList<ToolPauseResult> results)
    {
        Shape[] shapes = [.. results.Select(result => result.Shape).Distinct()];
        Write("### How long the program stands still while a tool looks at it\n");
        Table table = new(["", .. shapes.SelectMany(shape => (string[])[$"{shape}: felt", "longest gap, min", "without, median"])]);
        foreach (ToolContestant contestant in results.Select(result => result.Contestant).Distinct())
        {
            table.Add([contestant.Name, .. shapes.SelectMany(shape =>
                results.FirstOrDefault(result => result.Contestant == contestant && result.Shape == shape) is { } pause
                    ? (string[])[
                        pause.Felt is { } felt ? Milliseconds(felt) : "– (noise)",
                        Milliseconds(pause.GapWith.Min),
                        Milliseconds(pause.GapWithout.Median),
                    ]
                    : ["–", "–", "–"])]);
        }

        Write(table.ToString());
    }

    private static string ToolTable(IReadOnlyList<ToolResult> results)
    {
        ToolResult ours = Find(results, ToolKind.StackflareEverything)!;
        Table table = new("", "median", "min", "p95", "of stackflare's: median", "min", "processor", "peak memory", "page faults", "reads", "lines", "size", "shows");
        foreach (ToolResult result in results)
        {
            table.Add(
                result.Contestant.Name,
                Milliseconds(result.Time.Median),
                Milliseconds(result.Time.Min),
                Milliseconds(result.Time.P95),
                Of(result.Time.Median / ours.Time.Median) + " ×",
                Of(result.Time.Min / ours.Time.Min) + " ×",
                Milliseconds(result.CpuMilliseconds),
                Megabytes(result.PeakMegabytes),
                Whole(result.PageFaults),
                Whole(result.Reads),
                Whole(result.Lines),
                Size(result.Bytes),
                Shows(result));
        }

        return table.ToString();
    }

    private static string Shows(ToolResult result)
    {
        List<string> parts = [result.Contestant.Shows];
        if (result.Variant.Remark.Length > 0)
            parts.Add(result.Variant.Remark);
        if (result.Complete < result.Runs)
            parts.Add($"all threads in {result.Complete} of {result.Runs} runs");
        return string.Join("; ", parts);
    }

    private static ToolResult? Find(IReadOnlyList<ToolResult> results, ToolKind kind) =>
        results.FirstOrDefault(result => result.Contestant.Kind == kind);
}
