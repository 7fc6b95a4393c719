using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Stackflare.Bench.Subjects;
using Stackflare.Bench.Tools;

namespace Stackflare.Bench.Measures;

/// <summary>Recordings of one program in turns: by the tool, by a program that reads the runtime's sampling profiler, and by the platform's recorder, which uses the same.</summary>
internal static partial class RecordBenchmark
{
    internal const int Rate = 100;

    internal static IReadOnlyList<RecordResult> Run(ToolRunner runner, ToolContestants contestants, Shape shape, BenchOptions options)
    {
        using Subject target = Subject.StartTarget(shape, "--no-trap");
        using Process process = Process.GetProcessById(target.Id);
        string file = Path.GetTempFileName(), seconds = Text(options.RecordSeconds), id = Text(target.Id);
        List<RecordResult> ours = [], theirs = [], platforms = [];
        try
        {
            for (int i = 0; i < options.RecordRounds; i++)
            {
                ours.Add(Measure("stackflare record", [contestants.Tool.Path, "record", id, "-d", seconds, "-r", Text(Rate), "-f", "html", "-o", file], run =>
                    (Summary().Match(run.Errors), new FileInfo(file).Length)));
                theirs.Add(Measure("sampling profiler, our program", [ToolContestants.EventPipeReport, id, Text(options.RecordSeconds * 1000), "count"], run =>
                    (Count().Match(runner.Output), null)));
                if (contestants.DotnetTrace is { } trace)
                {
                    string[] collect = [trace, "collect", "-p", id, "--profile", "dotnet-sampled-thread-time", "--duration", $"00:00:{options.RecordSeconds:00}", "-o", file];
                    platforms.Add(Measure("dotnet-trace collect", collect, run => (Complete().Match(runner.Output), new FileInfo(file).Length)));
                }
            }
        }
        finally
        {
            File.Delete(file);
        }
        return [.. ((List<RecordResult>[])[ours, theirs, platforms]).Where(static r => r.Count > 0).Select(Median)];

        RecordResult Measure(string name, string[] command, Func<ToolSample, (Match Figures, long? Bytes)> read)
        {
            process.Refresh();
            TimeSpan before = process.TotalProcessorTime;
            ToolSample run = runner.Run(command, "");
            process.Refresh();
            (Match figures, long? bytes) = read(run);
            if (run.ExitCode != 0 || !figures.Success)
                throw new BenchException($"{name} ended with {run.ExitCode}: {run.Errors}");
            return new RecordResult(
                name,
                Number(figures, "rate") ?? Number(figures, "samples") / shape.Threads / options.RecordSeconds,
                Number(figures, "paused"),
                run.CpuMilliseconds / options.RecordSeconds / 10,
                (process.TotalProcessorTime - before).TotalMilliseconds / options.RecordSeconds / 10,
                bytes ?? Number(figures, "bytes")!.Value);
        }
    }

    private static double? Number(Match match, string group) =>
        match.Groups[group] is { Success: true, Value: var text } ? double.Parse(text, CultureInfo.InvariantCulture) : null;

    private static RecordResult Median(List<RecordResult> results) => results[0] with
    {
        Rate = Median(results.Select(static r => r.Rate)),
        Paused = Median(results.Select(static r => r.Paused)),
        ToolCpu = Distribution.MedianOf(results.Select(static r => r.ToolCpu)),
        TargetCpu = Distribution.MedianOf(results.Select(static r => r.TargetCpu)),
        Bytes = Distribution.MedianOf(results.Select(static r => r.Bytes)),
    };

    private static double? Median(IEnumerable<double?> figures) => figures.OfType<double>().ToArray() is { Length: > 0 } known ? Distribution.MedianOf(known) : null;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"samples?, (?<rate>[\d.]+) each second.*paused for [\d.,]+ ms \((?<paused>[\d.]+) %\)")]
    private static partial Regex Summary();

    [GeneratedRegex(@"(?<samples>\d+) samples, (?<bytes>\d+) bytes")]
    private static partial Regex Count();

    [GeneratedRegex("Trace completed")]
    private static partial Regex Complete();
}
