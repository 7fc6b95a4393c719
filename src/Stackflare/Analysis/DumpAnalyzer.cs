namespace Stackflare.Analysis;

/// <summary>Finds problems of the program in a complete dump.</summary>
internal static class DumpAnalyzer
{
    /// <summary>Returns a copy of the dump with its deadlocks and findings.</summary>
    /// <param name="dump">A dump that is otherwise complete.</param>
    public static ThreadDump Analyze(ThreadDump dump)
    {
        var cycles = new WaitCycleFinder(dump.Threads);
        List<AsyncStackGroup> async = AsyncStackGroup.Group(dump.AsyncStacks);
        IReadOnlyList<Deadlock> timed = cycles.Find(withTimeLimits: true);
        dump = dump with { Deadlocks = cycles.Find(withTimeLimits: false) };
        IReadOnlyList<Finding> findings =
        [
            .. dump.Deadlocks.Select(DeadlockFindings.ForDeadlock),
            .. timed.Where(static d => d.Steps.Any(static s => s.Wait.MayEnd)).Select(DeadlockFindings.ForTimedDeadlock),
            .. AsyncFindings.Cycles(async),
            .. HostStoppingFindings.In(dump),
            .. HeldLockFindings.Abandoned(dump),
            .. FinalizerFindings.In(dump),
            .. PoolStarvationFindings.In(dump),
            .. LockConvoyFindings.In(dump),
            .. HeldLockFindings.Waiting(dump),
            .. SemaphoreFindings.In(dump),
            .. SpinningFindings.In(dump),
            .. AsyncFindings.ManyAlike(async),
            .. ManyAlikeFindings.In(dump),
            .. MainReturnedFindings.In(dump),
        ];
        return dump with { Findings = findings };
    }
}
