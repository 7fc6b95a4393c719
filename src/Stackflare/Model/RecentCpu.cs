namespace Stackflare;

/// <summary>The processor use of a thread right after the pause.</summary>
/// <param name="Used">Processor time.</param>
/// <param name="Elapsed">The measured period, a few milliseconds.</param>
public sealed record RecentCpu(TimeSpan Used, TimeSpan Elapsed)
{
    /// <summary>From 0 (idle) to 1 (one full processor).</summary>
    public double Share => Elapsed <= TimeSpan.Zero ? 0 : Math.Clamp(Used / Elapsed, 0, 1);
}
