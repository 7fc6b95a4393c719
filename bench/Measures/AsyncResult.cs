namespace Stackflare.Bench.Measures;

/// <summary>What it costs to look through a heap for async methods. Times are in milliseconds.</summary>
/// <param name="Methods">How many methods wait.</param>
/// <param name="Objects">How many objects there are besides them.</param>
/// <param name="Without">The pause of a capture that does not look at the heap.</param>
/// <param name="Bare">The pause of one that has every object enumerated, and does nothing with it.</param>
/// <param name="Pause">The pause of one that looks for methods.</param>
/// <param name="Walk">The part of that in which every object is looked at.</param>
/// <param name="Follow">The part of that in which references are followed.</param>
/// <param name="Total">From the request to the finished dump.</param>
/// <param name="SnapshotMegabytes">The size of the snapshot.</param>
/// <param name="Tool">The command-line tool, from start to exit.</param>
/// <param name="ToolMegabytes">Its peak memory.</param>
internal sealed record AsyncResult(
    int Methods, int Objects, Distribution Without, Distribution Bare, Distribution Pause, Distribution Walk, Distribution Follow, Distribution Total,
    double SnapshotMegabytes, Distribution Tool, double ToolMegabytes)
{
    /// <summary>The pause against that of the bare walk; the worse of medians and minima.</summary>
    internal double Ratio => Math.Max(Pause.Median / Bare.Median, Pause.Min / Bare.Min);
}
