namespace Stackflare;

/// <summary>How much of a processor a thread used in the moment after the pause.</summary>
/// <param name="Used">Processor time.</param>
/// <param name="Of">The time that passed, a few milliseconds.</param>
public sealed record RecentCpu(TimeSpan Used, TimeSpan Of)
{
    /// <summary>From 0 for none to 1 for all of one processor.</summary>
    public double Share => Of <= TimeSpan.Zero ? 0 : Math.Clamp(Used / Of, 0, 1);
}
