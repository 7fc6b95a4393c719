namespace Stackflare.Analysis;

/// <summary>Finds async methods that can never continue, and many async methods that wait at the same place.</summary>
internal static class AsyncFindings
{
    private const int MinStacks = 100, MaxFrames = 20;

    /// <summary>Methods that wait for each other or for themselves.</summary>
    public static IEnumerable<Finding> Cycles(IReadOnlyList<AsyncStackGroup> groups) =>
        groups.Where(static g => g.Wait.Kind == AsyncWaitKind.Cycle).Select(static alike => new Finding(
            FindingKind.AsyncCycle,
            alike.First.Frames.Count == 1 ? "An async method waits for itself forever" : "Async methods wait for each other forever",
            [.. alike.First.Frames.Take(MaxFrames).Select(static f => "at " + DiagnosisText.Location(f))],
            alike.BlockedThreads)
        {
            Count = (int)Math.Min(alike.Count, int.MaxValue),
            Frames = [.. alike.First.Frames.Select(f => new FindingFrame(f, (int)Math.Min(alike.Count, int.MaxValue)))],
        });

    /// <summary>Hundreds of identical stacks: usually requests that hang. The cause is what they wait for.</summary>
    public static IEnumerable<Finding> ManyAlike(IReadOnlyList<AsyncStackGroup> groups) =>
        from alike in groups
        where alike.Count >= MinStacks
        let frame = alike.First.ProgramFrame
        where frame is not null
        select new Finding(FindingKind.ManyAsyncAlike, $"{DiagnosisText.Count(alike.Count, "async stack")} wait at the same place", ["at " + DiagnosisText.Location(frame)], [])
        {
            Count = (int)Math.Min(alike.Count, int.MaxValue),
            Frames = [new FindingFrame(frame, (int)Math.Min(alike.Count, int.MaxValue))],
        };
}
