using Stackflare.Analysis;

namespace Stackflare.Redacting;

/// <summary>Words for findings whose own sentences cannot be made again, for example because a program wrote them: only the kind and the places are said.</summary>
internal static class PlainFindings
{
    private const int MaxEvidence = 5;

    /// <param name="finding">The finding.</param>
    /// <param name="threads">Its threads, redacted.</param>
    /// <param name="locks">Its locks, redacted.</param>
    /// <param name="frames">Its frames, redacted.</param>
    public static Finding Of(Finding finding, IReadOnlyList<DumpThread> threads, IReadOnlyList<DumpLock> locks, IReadOnlyList<FindingFrame> frames)
    {
        string[] evidence =
        [
            .. frames.Take(MaxEvidence).Select(static f => "at " + DiagnosisText.Location(f.Frame)),
            .. threads.Take(MaxEvidence).Select(static t => "thread " + DiagnosisText.Describe(t)),
        ];
        return new Finding(finding.Kind, Summary(finding.Kind), evidence is [] ? ["the names in the evidence are left out"] : evidence, threads) { Count = finding.Count, Locks = locks, Frames = frames };
    }

    private static string Summary(FindingKind kind) => kind switch
    {
        FindingKind.Deadlock => "Deadlock: threads wait for each other forever",
        FindingKind.TimedDeadlock => "Threads wait for each other until one of them gives up",
        FindingKind.LockConvoy => "Many threads wait for one lock",
        FindingKind.ThreadPoolStarved => "Thread pool starved: its workers are blocked",
        FindingKind.Spinning => "Threads keep processors busy",
        FindingKind.SuspensionUnfinished => "The runtime cannot stop the program: a thread does not stop",
        FindingKind.AbandonedLock => "A lock will never be released",
        FindingKind.HoldsAndWaits => "A thread holds a lock that others want, and waits",
        FindingKind.ManyAlike => "Many threads are at the same place",
        FindingKind.AsyncCycle => "Async methods wait for each other forever",
        FindingKind.ManyAsyncAlike => "Many async stacks wait at the same place",
        FindingKind.MainReturned => "Main has returned, and foreground threads keep the process running",
        FindingKind.SemaphoreNotReleased => "A semaphore was probably never released",
        FindingKind.FinalizerBlocked => "No finalizer runs: the finalizer thread waits in one",
        FindingKind.HostStopping => "The host stops or the process exits, and waits",
        _ => "A problem of another kind",
    };
}
