namespace Stackflare.Analysis;

/// <summary>Looks a finished dump over for what is wrong with its program.</summary>
internal static class DumpAnalyzer
{
    /// <summary>The same dump with its deadlocks and findings.</summary>
    /// <param name="dump">A dump that has all else.</param>
    public static ThreadDump Analyze(ThreadDump dump)
    {
        var circles = new WaitCycleFinder(dump.Threads);
        List<AsyncStackGroup> async = AsyncStackGroup.Group(dump.AsyncStacks);
        IReadOnlyList<Deadlock> timed = circles.Find(withTimeLimits: true);
        dump = dump with { Deadlocks = circles.Find(withTimeLimits: false) };
        IReadOnlyList<Finding> findings =
        [
            .. dump.Deadlocks.Select(DeadlockFindings.Of),
            .. timed.Where(static d => d.Steps.Any(static s => s.Wait.MayEnd)).Select(DeadlockFindings.Timed),
            .. AsyncFindings.Circles(async),
            .. HeldLockFindings.Abandoned(dump),
            .. PoolStarvation.In(dump),
            .. LockConvoys.In(dump),
            .. HeldLockFindings.Waiting(dump),
            .. Spinning.In(dump),
            .. AsyncFindings.ManyAlike(async),
            .. ManyAlike.In(dump),
        ];
        return dump with { Findings = findings };
    }
}
