using Stackflare.Bench.Tools;

namespace Stackflare.Bench.Measures;

/// <summary>What a tool's runs on a program of one shape cost.</summary>
/// <param name="Contestant">Who.</param>
/// <param name="Variant">How it was called.</param>
/// <param name="Time">Start to exit, in milliseconds.</param>
/// <param name="CpuMilliseconds">The tool's processor time; that of the program it looks at is not in it.</param>
/// <param name="PeakMegabytes">The most memory that it had resident.</param>
/// <param name="PageFaults">Pages of memory that it touched for the first time.</param>
/// <param name="Reads">System calls by which it read.</param>
/// <param name="Lines">Lines that it printed.</param>
/// <param name="Bytes">Bytes that it printed.</param>
/// <param name="Complete">How many of the runs printed all threads; only those count in the other figures.</param>
/// <param name="Runs">How many runs there were.</param>
internal sealed record ToolResult(
    ToolContestant Contestant, ToolVariant Variant, Distribution Time, double CpuMilliseconds, double PeakMegabytes, double PageFaults, double Reads, double Lines, double Bytes,
    int Complete, int Runs)
{
    /// <summary>The result of some runs; null if none of them printed all threads.</summary>
    internal static ToolResult? Of(ToolContestant contestant, ToolVariant variant, Shape shape, IReadOnlyList<ToolSample> samples)
    {
        List<ToolSample> complete = [.. samples.Where(sample => contestant.IsComplete(shape, sample))];
        return complete.Count == 0 ? null : new ToolResult(
            contestant,
            variant,
            Distribution.Of(complete.Select(sample => sample.Milliseconds)),
            Distribution.MedianOf(complete.Select(sample => sample.CpuMilliseconds)),
            Distribution.MedianOf(complete.Select(sample => sample.PeakMegabytes)),
            Distribution.MedianOf(complete.Select(sample => (double)sample.PageFaults)),
            Distribution.MedianOf(complete.Select(sample => (double)sample.Reads)),
            Distribution.MedianOf(complete.Select(sample => (double)sample.Lines)),
            Distribution.MedianOf(complete.Select(sample => (double)sample.Bytes)),
            complete.Count,
            samples.Count);
    }
}
