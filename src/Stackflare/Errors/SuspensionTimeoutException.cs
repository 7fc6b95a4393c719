namespace Stackflare;

/// <summary>The runtime did not come to a stop in time: a garbage collection that began before waits for a thread that does not let it begin.</summary>
public sealed class SuspensionTimeoutException : CaptureTimeoutException
{
    internal SuspensionTimeoutException(TimeSpan limit, IReadOnlyList<DumpThread> stuck)
        : base(
            $"No stacks within {limit.TotalSeconds:0.###} s: {Reason(stuck)}.",
            "A native call that is marked SuppressGCTransition and does not return does this, or a debugger that holds a thread; try again if it may end.") =>
        Stuck = stuck;

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
