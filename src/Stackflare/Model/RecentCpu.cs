namespace Stackflare;

/// <summary>The processor use of a thread right after the pause.</summary>
/// <param name="Used">Processor time.</param>
/// <param name="Elapsed">The measured period: a few milliseconds; up to some 400 if the thread had to share its processor.</param>
public sealed record RecentCpu(TimeSpan Used, TimeSpan Elapsed)
{
    /// <summary>
    /// Time in which the thread was ready to run, but other threads or a container's limit had the processor. Known only for a thread that did not sleep at
    /// all; otherwise zero.
    /// </summary>
    public TimeSpan Ready { get; init; }

    /// <summary>From 0 (idle) to 1 (one full processor).</summary>
    public double Share => Elapsed <= TimeSpan.Zero ? 0 : Math.Clamp(Used / Elapsed, 0, 1);
}
