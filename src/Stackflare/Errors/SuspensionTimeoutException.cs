namespace Stackflare;

/// <summary>
/// The runtime did not suspend all threads in time, for a garbage collection or for the dump itself, because a thread does not stop.
/// </summary>
public sealed class SuspensionTimeoutException : CaptureTimeoutException
{
    internal SuspensionTimeoutException(TimeSpan limit, bool isCollection, IReadOnlyList<DumpThread> stuck)
        : base(
            FormattableString.Invariant($"No stacks within {limit.TotalSeconds:0.###} s: {(isCollection ? Reason(stuck) : "a thread of the program did not stop")}."),
            "The cause is a native call with SuppressGCTransition that does not return, or a debugger that holds a thread. Try again if it may end.")
    {
        IsCollection = isCollection;
        Stuck = stuck;
    }

    /// <summary>True if a garbage collection waits for the suspension; false if only the dump does.</summary>
    public bool IsCollection { get; }

    /// <summary>
    /// The threads that block the suspension, without stacks, in no order; empty if they are not known (before .NET 9).
    /// </summary>
    public IReadOnlyList<DumpThread> Stuck { get; }

    private static string Reason(IReadOnlyList<DumpThread> stuck) => stuck switch
    {
        [] => "a garbage collection was in progress all the time",
        [var only] => $"a garbage collection waits for \"{only.DisplayName}\" tid={only.OsId} to stop",
        _ => $"a garbage collection waits for {stuck.Count} threads to stop, one of them \"{stuck[0].DisplayName}\" tid={stuck[0].OsId}",
    };
}
