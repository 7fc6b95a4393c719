namespace Stackflare.Analysis;

/// <summary>Finds locks that threads wait for, and that will or may never be released.</summary>
internal static class HeldLockFindings
{
    private const int MaxPlaces = 3;

    /// <summary>Locks whose holder has ended, or has ended its work item and is an idle worker of the thread pool.</summary>
    public static IEnumerable<Finding> Abandoned(ThreadDump dump) =>
        from known in dump.Threads.Select(static t => t.WaitingFor?.Lock).OfType<DumpLock>().Distinct()
        where known.Waiters.Count > 0
        let reason = LossOf(known)
        where reason is not null
        let places = Hotspots.Count(known.Waiters)
        select new Finding(
            FindingKind.AbandonedLock,
            $"{DiagnosisText.Describe(known)} will never be released: {reason}",
            [.. places.Take(MaxPlaces).Select(static p => $"{DiagnosisText.Count(p.Count, "waits", "wait")} {DiagnosisText.At(p.Frame)}")],
            known.Waiters)
        {
            Locks = [known],
            Frames = places.Frames(),
        };

    /// <summary>
    /// A thread that holds a lock that others want, and itself waits for a task, an event or similar. If one of the others must complete it, the
    /// program hangs forever; a dump cannot show whether that is so.
    /// </summary>
    public static IEnumerable<Finding> Waiting(ThreadDump dump) =>
        from thread in dump.Threads
        where thread.WaitingFor is { } wait && IsBroughtAbout(wait.Kind) && !(wait.MayEnd && wait.Timeout is not null)
        // The deadlock says more.
        where !dump.Deadlocks.Any(d => d.Steps.Any(s => s.Thread == thread))
        from known in thread.HeldLocks.Select(static h => h.Lock).Distinct()
        let waiters = known.Waiters.Where(w => w != thread).ToList()
        // If more threads wait, LockConvoyFindings reports the lock and what its holder waits for.
        where waiters.Count > 0 && !LockConvoyFindings.IsConvoy(dump, known)
        let places = Hotspots.Count(waiters)
        select new Finding(
            FindingKind.HoldsAndWaits,
            $"{DiagnosisText.Describe(thread)} holds {DiagnosisText.Describe(known)}, which {DiagnosisText.Count(waiters.Count, "thread wants", "threads want")}, and is {DiagnosisText.Doing(thread)}",
            [
                $"it waits {DiagnosisText.At(thread.ProgramFrameFrom(0))}",
                .. places.Take(MaxPlaces).Select(static p => $"{DiagnosisText.Count(p.Count, "waits", "wait")} for it {DiagnosisText.At(p.Frame)}"),
            ],
            [thread, .. waiters])
        {
            Locks = [known],
            Frames = places.Prepend(new Hotspot(thread.ProgramFrameFrom(0), 1)).Frames(),
        };

    /// <summary>Why nobody will release a lock; null if somebody may.</summary>
    public static string? LossOf(DumpLock known)
    {
        if (known.IsAbandoned)
            return "the thread that held it has ended";
        if (known.LostReaders > 0)
            return known.LostReaders == 1 ? "a thread that read it has ended" : $"{DiagnosisText.Count(known.LostReaders, "thread")} that read it have ended";
        DumpThread? idle = (known.Owner is { } owner ? [owner] : known.Readers).FirstOrDefault(static t => PoolWorkers.IsWorker(t) && !PoolWorkers.IsAtWork(t));
        return idle is null ? null : $"{DiagnosisText.Describe(idle)} {(known.Owner is null ? "reads" : "holds")} it and has ended its work, as an idle worker of the thread pool";
    }

    private static bool IsBroughtAbout(WaitKind kind) => kind
        is WaitKind.Task or WaitKind.SemaphoreSlim or WaitKind.ManualResetEventSlim or WaitKind.CountdownEvent or WaitKind.Barrier
        or WaitKind.WaitHandle or WaitKind.MonitorWait;
}
