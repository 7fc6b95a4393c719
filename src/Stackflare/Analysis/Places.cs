namespace Stackflare.Analysis;

/// <summary>Where in the program threads stand, counted.</summary>
internal static class Places
{
    /// <summary>Threads at one place of the program.</summary>
    /// <param name="Frame">The innermost frame of the program; null for threads without one.</param>
    /// <param name="Count">How many threads.</param>
    public readonly record struct Place(DumpFrame? Frame, int Count);

    /// <summary>The places of threads, those of the most first.</summary>
    public static List<Place> Of(IEnumerable<DumpThread> threads) =>
    [
        .. threads
            // By the line: one place can be several frames, compiled more than once.
            .GroupBy(static t => Words.At(t.ProgramFrameFrom(0)))
            .OrderByDescending(static g => g.Count())
            .Select(static g => new Place(g.First().ProgramFrameFrom(0), g.Count())),
    ];

    /// <summary>Those that have a frame, as a finding has them.</summary>
    public static IReadOnlyList<FindingFrame> Frames(this IEnumerable<Place> places) =>
        [.. places.Where(static p => p.Frame is not null).Select(static p => new FindingFrame(p.Frame!, p.Count))];
}
