using System.Runtime.Versioning;
using Stackflare.Bench.Subjects;
using Stackflare.Capture;
using Stackflare.Capture.Probe;
using Stackflare.Processes;
using Stackflare.Snapshots;

namespace Stackflare.Bench.Measures;

/// <summary>Captures of one program on two runtimes in turns, so that a moment in which the machine is busy hits both alike.</summary>
[SupportedOSPlatform("linux")]
internal static class RuntimeBenchmark
{
    private static readonly HeapLimits Generous = new() { Pause = TimeSpan.FromSeconds(1) };

    /// <param name="what">What is said of the program.</param>
    /// <param name="shape">Its threads.</param>
    /// <param name="options">How often.</param>
    /// <param name="switches">The rest of its command line. One with <c>--awaiting</c> has its heap looked through.</param>
    internal static RuntimeResult Run(string what, Shape shape, BenchOptions options, params string[] switches)
    {
        using Subject ten = Subject.StartTarget(shape, ["--no-trap", .. switches]), eleven = Subject.StartTargetOnNet11(shape, ["--no-trap", .. switches]);
        CaptureOptions capture = switches.Contains("--awaiting") ? new() { Heap = Generous } : new() { AsyncStacks = AsyncStackMode.Never };
        byte[] probe = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "libstackflare_probe.so"));
        using ProcessCapture captureTen = new(TargetProcess.Inspect(ten.Id), _ => probe, capture, []);
        using ProcessCapture captureEleven = new(TargetProcess.Inspect(eleven.Id), _ => probe, capture, []);
        List<Snapshot> snapshotsTen = [], snapshotsEleven = [];
        for (int i = -options.WarmUpRounds; i < options.Rounds; i++)
        {
            Snapshot one = captureTen.TakeSnapshot(CancellationToken.None), other = captureEleven.TakeSnapshot(CancellationToken.None);
            if (i < 0)
                continue;
            snapshotsTen.Add(one);
            snapshotsEleven.Add(other);
        }

        return new RuntimeResult(what, RuntimeFigures.Of(snapshotsTen), RuntimeFigures.Of(snapshotsEleven));
    }
}
