namespace Stackflare.Analysis;

/// <summary>Counts threads by their place in the program.</summary>
internal static class Hotspots
{
    /// <summary>The places of these threads, the most frequent first.</summary>
    public static List<Hotspot> Count(IEnumerable<DumpThread> threads) =>
    [
        .. threads
            // By the text: one place can have several frame objects, because the runtime compiles methods more than once.
            .GroupBy(static t => DiagnosisText.At(t.ProgramFrameFrom(0)))
            .OrderByDescending(static g => g.Count())
            .Select(static g => new Hotspot(g.First().ProgramFrameFrom(0), g.Count())),
    ];

    /// <summary>The places that have a frame, for a finding.</summary>
    public static IReadOnlyList<FindingFrame> Frames(this IEnumerable<Hotspot> places) =>
        [.. places.Where(static p => p.Frame is not null).Select(static p => new FindingFrame(p.Frame!, p.Count))];
}

/// <summary>The threads at one place in the program.</summary>
/// <param name="Frame">The innermost frame of the program's own code; null for threads without one.</param>
/// <param name="Count">Number of threads.</param>
internal readonly record struct Hotspot(DumpFrame? Frame, int Count);
