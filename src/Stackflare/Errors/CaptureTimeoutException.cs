namespace Stackflare;

/// <summary>The runtime did not answer in time.</summary>
public class CaptureTimeoutException : StackflareException
{
    private protected CaptureTimeoutException(string problem, string remedy)
        : base(StackflareError.Timeout, problem, remedy)
    {
    }

    internal CaptureTimeoutException(TimeSpan limit, string waitingFor)
        : this(
            FormattableString.Invariant($"No stacks within {limit.TotalSeconds:0.###} s: {waitingFor}."),
            "The process may be stopped, starved of processor time, or in a long garbage collection. Try again, or give it more time (DumpLimits.Timeout).")
    {
    }
}
