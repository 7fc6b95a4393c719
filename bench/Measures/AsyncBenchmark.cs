using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Stackflare.Bench.Subjects;
using Stackflare.Bench.Tools;
using Stackflare.Capture;
using Stackflare.Capture.Probe;
using Stackflare.Processes;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;

namespace Stackflare.Bench.Measures;

/// <summary>
/// Captures of one program in turns: without its heap, with a bare walk over it, with a search for async methods, and by the tool.
/// </summary>
[SupportedOSPlatform("linux")]
internal static class AsyncBenchmark
{
    private static readonly HeapLimits Generous = new() { Pause = TimeSpan.FromSeconds(1) };

    internal static AsyncResult Run(ToolRunner runner, PublishedTool tool, int methods, int objects, BenchOptions options)
    {
        using Subject target = Subject.StartTarget(
            Shape.Small, "--no-trap", "--awaiting", Text(methods), "--objects", Text(objects));
        byte[] probe = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "libstackflare_probe.so"));
        using ProcessCapture without = Capture(new CaptureOptions { AsyncStacks = AsyncStackMode.Never });
        // Of no object more is wanted than that it is there.
        using ProcessCapture bare = Capture(new CaptureOptions { Heap = Generous with { Objects = 0 } });
        using ProcessCapture all = Capture(new CaptureOptions { Heap = Generous });
        List<double> withoutPause = [], barePause = [], pause = [], walk = [], follow = [], total = [], toolTime = [];
        double snapshot = 0, peak = 0;
        for (int i = -2; i < options.HeapRounds; i++)
        {
            Snapshot none = without.TakeSnapshot(CancellationToken.None), counted = bare.TakeSnapshot(CancellationToken.None);
            long began = Stopwatch.GetTimestamp();
            Snapshot sample = all.TakeSnapshot(CancellationToken.None);
            ThreadDump dump = all.Symbolicate(sample);
            double time = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            RawSnapshot records = all.Source.TakeRecords(new CaptureOptions { Heap = Generous }, CancellationToken.None);
            ToolSample run = runner.Run([tool.Path, Text(target.Id), "--async"], "Order");
            // A background collection has the right of way now and then.
            if (sample.Heap is null || counted.Heap is null || records.Heap is not { Info.Status: HeapStatus.Walked } heap)
                continue;
            if (dump.AsyncStacks.Count < methods)
                throw new BenchException($"Of {methods} methods that wait, {dump.AsyncStacks.Count} were found.");
            if (i < 0)
                continue;
            withoutPause.Add(none.Timings.Pause.TotalMilliseconds);
            barePause.Add(counted.Timings.Pause.TotalMilliseconds);
            pause.Add(sample.Timings.Pause.TotalMilliseconds);
            walk.Add(heap.Info.WalkNs / 1e6);
            follow.Add(heap.Info.FollowNs / 1e6);
            total.Add(time);
            snapshot = records.Encoded.Length / 1e6;
            toolTime.Add(run.Milliseconds);
            peak = Math.Max(peak, run.PeakMegabytes);
        }
        return new AsyncResult(
            methods, objects, Distribution.Of(withoutPause), Distribution.Of(barePause), Distribution.Of(pause), Distribution.Of(walk), Distribution.Of(follow),
            Distribution.Of(total), snapshot, Distribution.Of(toolTime), peak);

        ProcessCapture Capture(CaptureOptions capture) => new(TargetProcess.Inspect(target.Id), _ => probe, capture, []);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
