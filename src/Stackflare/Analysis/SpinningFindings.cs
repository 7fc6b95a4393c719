using System.Globalization;

namespace Stackflare.Analysis;

/// <summary>Finds threads that keep a processor busy, measured right after the pause.</summary>
internal static class SpinningFindings
{
    private const double Least = 0.9;
    private const int MaxThreads = 8;

    public static IEnumerable<Finding> In(ThreadDump dump)
    {
        DumpThread[] busy = [.. dump.Threads.Where(static t => t is { IsOwn: false, RecentCpu.Share: >= Least })];
        if (busy.Length == 0)
            yield break;
        var evidence = busy.Take(MaxThreads).Select(Evidence).ToList();
        if (busy.Length > MaxThreads)
            evidence.Add($"and {busy.Length - MaxThreads} more");
        yield return new Finding(
            FindingKind.Spinning,
            busy.Length == 1 ? "A thread keeps a processor busy" : $"{DiagnosisText.Count(busy.Length, "thread")} keep a processor busy each",
            evidence, busy)
        {
            Frames = Hotspots.Count(busy).Frames(),
        };
    }

    private static string Evidence(DumpThread thread) => string.Create(CultureInfo.InvariantCulture,
        $"{DiagnosisText.Describe(thread)} ran for {thread.RecentCpu!.Used.TotalMilliseconds:0.0} of {thread.RecentCpu.Elapsed.TotalMilliseconds:0.0} ms {DiagnosisText.At(thread.ProgramFrameFrom(0))}");
}
