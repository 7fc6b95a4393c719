namespace Stackflare;

/// <summary>The runtime did not come to a stop in time: a thread does not stop, for a garbage collection that wants to begin or for the dump itself.</summary>
public sealed class SuspensionTimeoutException : CaptureTimeoutException
{
    internal SuspensionTimeoutException(TimeSpan limit, bool isCollection, IReadOnlyList<DumpThread> stuck)
        : base(
            FormattableString.Invariant($"No stacks within {limit.TotalSeconds:0.###} s: {(isCollection ? Reason(stuck) : "a thread of the program did not stop")}."),
            "A native call that is marked SuppressGCTransition and does not return does this, or a debugger that holds a thread; try again if it may end.")
    {
        IsCollection = isCollection;
        Stuck = stuck;
    }

    /// <summary>Whether it is a garbage collection that wants the program to stop; otherwise the dump alone does.</summary>
    public bool IsCollection { get; }

    /// <summary>
    /// The threads that keep the runtime from coming to a stop, without stacks, in no order; empty where that cannot be told (before .NET 9).
    /// </summary>
    public IReadOnlyList<DumpThread> Stuck { get; }

    private static string Reason(IReadOnlyList<DumpThread> stuck) => stuck switch
    {
        [] => "a garbage collection was stopping the program all the time",
        [var only] => $"a garbage collection waits for \"{only.DisplayName}\" tid={only.OsId} to stop",
        _ => $"a garbage collection waits for {stuck.Count} threads to stop, one of them \"{stuck[0].DisplayName}\" tid={stuck[0].OsId}",
    };
}
