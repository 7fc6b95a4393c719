namespace Stackflare.Analysis;

/// <summary>
/// Finds a program whose <c>Main</c> has returned. The runtime then forgets the first thread, and the process ends when no foreground thread is left.
/// </summary>
internal static class MainReturnedFindings
{
    private const int MaxThreads = 5;

    public static IEnumerable<Finding> In(ThreadDump dump)
    {
        // The kernel still has the first thread. Without it, the runtime is hosted by another program, or the list of threads is incomplete.
        if (dump.Threads.Any(static t => t.IsMain) || dump.RuntimeThreads.All(t => t.OsId.Value != dump.Process.Id))
            yield break;
        DumpThread[] foreground = [.. dump.Threads.Where(static t => t is { IsBackground: false, IsOwn: false } && t.ProgramFrameFrom(0) is not null)];
        if (foreground.Length == 0)
            yield break;
        List<string> evidence =
        [
            .. foreground.Take(MaxThreads).Select(static t => $"{DiagnosisText.Describe(t)} is a foreground thread, {DiagnosisText.Doing(t)} {DiagnosisText.At(t.ProgramFrameFrom(0))}"),
            .. foreground.Length > MaxThreads ? (string[])[$"and {foreground.Length - MaxThreads} more"] : [],
        ];
        yield return new Finding(
            FindingKind.MainReturned,
            $"Main has returned: {DiagnosisText.Count(foreground.Length, "foreground thread keeps", "foreground threads keep")} the process running",
            evidence, foreground)
        {
            Frames = Hotspots.Count(foreground).Frames(),
        };
    }
}
