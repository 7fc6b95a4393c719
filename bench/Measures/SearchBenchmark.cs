using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Stackflare.Bench.Subjects;
using Stackflare.Bench.Tools;
using Stackflare.Capture;
using Stackflare.Processes;
using Stackflare.Snapshots;

namespace Stackflare.Bench.Measures;

/// <summary>Dumps as they come, with the search for async methods, in turns with dumps without it, of a program whose heap is small but has many types.</summary>
[SupportedOSPlatform("linux")]
internal static class SearchBenchmark
{
    private const string Objects = "20000", Types = "1000";

    internal static SearchResult Run(string runtime, Func<Shape, string[], Subject> start, ToolRunner runner, PublishedTool tool, BenchOptions options)
    {
        using Subject target = start(Shape.Small, ["--no-trap", "--objects", Objects, "--types", Types]);
        byte[] probe = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "libstackflare_probe.so"));
        string id = target.Id.ToString(CultureInfo.InvariantCulture);
        using ProcessCapture without = Capture(AsyncStackMode.Never), with = Capture(AsyncStackMode.Auto);
        List<double> timesWithout = [], timesWith = [], search = [], toolWithout = [], toolWith = [];
        for (int i = -options.WarmUpRounds; i < options.Rounds; i++)
        {
            (double timeWithout, _) = Dump(without);
            (double timeWith, Snapshot sample) = Dump(with);
            double runWithout = runner.Run([tool.Path, id, "--no-async"], "Order").Milliseconds, runWith = runner.Run([tool.Path, id], "Order").Milliseconds;
            if (sample.Heap is null || i < 0)
                continue;
            timesWithout.Add(timeWithout);
            timesWith.Add(timeWith);
            search.Add(sample.Timings.Heap.TotalMilliseconds);
            toolWithout.Add(runWithout);
            toolWith.Add(runWith);
        }
        return search.Count == 0
            ? throw new BenchException($"On {runtime} no heap was looked through.")
            : new SearchResult(
                runtime, Distribution.Of(timesWithout), Distribution.Of(timesWith), Distribution.Of(search), Distribution.Of(toolWithout), Distribution.Of(toolWith));

        ProcessCapture Capture(AsyncStackMode async) => new(TargetProcess.Inspect(target.Id), _ => probe, new CaptureOptions { AsyncStacks = async }, []);
    }

    private static (double Milliseconds, Snapshot Sample) Dump(ProcessCapture capture)
    {
        long began = Stopwatch.GetTimestamp();
        Snapshot sample = capture.TakeSnapshot(CancellationToken.None);
        _ = capture.Symbolicate(sample);
        return (Stopwatch.GetElapsedTime(began).TotalMilliseconds, sample);
    }
}
