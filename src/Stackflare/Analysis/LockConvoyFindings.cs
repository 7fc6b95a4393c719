using System.Globalization;

namespace Stackflare.Analysis;

/// <summary>Finds locks that many threads wait for, so that these threads run one after another.</summary>
internal static class LockConvoyFindings
{
    /// <summary>In a healthy program, fewer threads wait for a lock.</summary>
    private const int MinWaiters = 5;

    private const int MaxPlaces = 3;

    public static IEnumerable<Finding> In(ThreadDump dump)
    {
        var seen = new HashSet<DumpLock>();
        foreach (DumpThread thread in dump.Threads)
        {
            if (thread.WaitingFor?.Lock is { } wanted && IsConvoy(dump, wanted) && seen.Add(wanted))
                yield return Describe(wanted);
        }
    }

    /// <summary>
    /// False for a lock behind a deadlock, and for one that nobody will release: another finding covers it, and no thread there will continue.
    /// </summary>
    public static bool IsConvoy(ThreadDump dump, DumpLock wanted) =>
        wanted.Waiters.Count >= MinWaiters && HeldLockFindings.LossOf(wanted) is null && !dump.Deadlocks.Any(d => d.Steps.Any(s => s.Thread == wanted.Owner) || d.Behind.Contains(wanted.Waiters[0]));

    private static Finding Describe(DumpLock wanted)
    {
        List<string> evidence = [Holder(wanted)];
        List<Hotspot> places = Hotspots.Count(wanted.Waiters);
        evidence.AddRange(places.Take(MaxPlaces).Select(static p => $"{DiagnosisText.Count(p.Count, "waits", "wait")} {DiagnosisText.At(p.Frame)}"));
        // In a convoy that moves, each thread gets the lock after a while.
        if (wanted.Waiters.Min(static w => w.WaitingFor?.AtLeast ?? TimeSpan.Zero) is { TotalSeconds: >= 1 } least)
            evidence.Add(string.Create(CultureInfo.InvariantCulture, $"none of them has acquired it for at least {least.TotalSeconds:0} s"));
        return new Finding(
            FindingKind.LockConvoy, $"Lock convoy: {DiagnosisText.Count(wanted.Waiters.Count, "thread waits", "threads wait")} for {DiagnosisText.Describe(wanted)}", evidence, wanted.Waiters)
        {
            Locks = [wanted],
            Frames = places.Frames(),
        };
    }

    private static string Holder(DumpLock wanted) => wanted switch
    {
        { Owner: { } owner } => $"it is held by {DiagnosisText.Describe(owner)}, {DiagnosisText.Doing(owner)} {DiagnosisText.At(owner.ProgramFrameFrom(0))}",
        { Readers: { Count: > 0 } readers } => $"it is held for reading by {DiagnosisText.Count(readers.Count, "thread")}, {DiagnosisText.Describe(readers[0])} {DiagnosisText.At(readers[0].ProgramFrameFrom(0))}",
        _ => "it is free, or its holder is not known",
    };
}
