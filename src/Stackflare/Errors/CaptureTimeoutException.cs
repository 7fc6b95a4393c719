namespace Stackflare;

/// <summary>The runtime did not answer in time.</summary>
public sealed class CaptureTimeoutException : StackflareException
{
    internal CaptureTimeoutException(TimeSpan limit, string waitingFor)
        : base(
            $"No stacks within {limit.TotalSeconds:0.###} s: {waitingFor}.",
            "The process may be stopped, starved of processor time, or stuck in a garbage collection; try again, or give it more time (--timeout, DumpLimits.Time).")
    {
    }
}
