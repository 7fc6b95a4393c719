using Stackflare.Bench.Subjects;

namespace Stackflare.Bench.Measures;

/// <summary>How long a contestant's dumps of one shape took.</summary>
/// <param name="Contestant">Who.</param>
/// <param name="Time">Signal to last byte, in milliseconds.</param>
/// <param name="PageFaults">Page faults of the program from the signal until its dump had ended.</param>
/// <param name="Lines">Lines of a dump.</param>
/// <param name="Bytes">Bytes of a dump.</param>
internal sealed record LatencyResult(Contestant Contestant, Distribution Time, double PageFaults, double Lines, double Bytes)
{
    internal static LatencyResult Of(Contestant contestant, IReadOnlyList<DumpSample> samples) => new(
        contestant,
        Distribution.Of(samples.Select(sample => sample.Elapsed.TotalMilliseconds)),
        Distribution.MedianOf(samples.Select(sample => (double)sample.PageFaults)),
        Distribution.MedianOf(samples.Select(sample => (double)sample.Lines)),
        Distribution.MedianOf(samples.Select(sample => (double)sample.Bytes)));
}
