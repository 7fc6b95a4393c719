using System.Globalization;

namespace Stackflare.Analysis;

/// <summary>
/// Finds threads that keep a processor busy, measured right after the pause: threads that ran nearly all the time, and threads that would have, but had to
/// share their processor.
/// </summary>
internal static class SpinningFindings
{
    private const double Least = 0.9;
    private const int MaxThreads = 8, MaxPlaces = 5;

    /// <summary>
    /// A thread that shares its processor can be ready for a long time, and then run for a moment and sleep. In a program that is short of processors,
    /// work that a thread waits for is often there before it looks, so that a healthy thread does not sleep for some milliseconds.
    /// </summary>
    private static readonly TimeSpan LeastUsed = TimeSpan.FromMilliseconds(10);

    /// <summary>Threads that get less of a processor than this, all together, do not keep it busy: others do.</summary>
    private const double LeastTogether = 1 / 16.0;

    public static IEnumerable<Finding> In(ThreadDump dump)
    {
        DumpThread[] busy = [.. dump.Threads.Where(static t => !t.IsOwn && t.RecentCpu is { } cpu && (IsAlone(cpu) || Shares(cpu)))];
        if (busy.Sum(static t => t.RecentCpu!.Share) < LeastTogether)
            yield break;
        List<Hotspot> places = Hotspots.Count(busy);
        string[] evidence = busy.Length <= MaxThreads
            ? [.. busy.Select(Evidence)]
            : [.. places.Take(MaxPlaces).Select(static p => $"{DiagnosisText.Count(p.Count, "is", "are")} {DiagnosisText.At(p.Frame)}")];
        yield return new Finding(FindingKind.Spinning, Summary(busy), evidence, busy) { Frames = places.Frames() };
    }

    private static bool IsAlone(RecentCpu cpu) => cpu.Share >= Least;

    private static bool Shares(RecentCpu cpu) => cpu.Used >= LeastUsed && cpu.Used + cpu.Ready >= cpu.Elapsed * Least;

    private static string Summary(DumpThread[] busy) => (busy.Length, Array.TrueForAll(busy, static t => IsAlone(t.RecentCpu!))) switch
    {
        (1, true) => "A thread keeps a processor busy",
        (1, false) => "A thread keeps a processor busy that it shares with others",
        (_, true) => $"{DiagnosisText.Count(busy.Length, "thread")} keep a processor busy each",
        _ => $"{DiagnosisText.Count(busy.Length, "thread")} keep the processors busy that they share",
    };

    private static string Evidence(DumpThread thread)
    {
        RecentCpu cpu = thread.RecentCpu!;
        string ready = IsAlone(cpu) ? "" : string.Create(CultureInfo.InvariantCulture, $", and was ready to run for {cpu.Ready.TotalMilliseconds:0.0} ms,");
        return string.Create(CultureInfo.InvariantCulture,
            $"{DiagnosisText.Describe(thread)} ran for {cpu.Used.TotalMilliseconds:0.0} of {cpu.Elapsed.TotalMilliseconds:0.0} ms{ready} {DiagnosisText.At(thread.ProgramFrameFrom(0))}");
    }
}
