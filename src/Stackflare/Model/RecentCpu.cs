namespace Stackflare;

/// <summary>How much of a processor a thread used in the moment after the pause.</summary>
/// <param name="Used">Processor time.</param>
/// <param name="Elapsed">The time that passed, a few milliseconds.</param>
public sealed record RecentCpu(TimeSpan Used, TimeSpan Elapsed)
{
    /// <summary>From 0 for none to 1 for all of one processor.</summary>
    public double Share => Elapsed <= TimeSpan.Zero ? 0 : Math.Clamp(Used / Elapsed, 0, 1);
}
