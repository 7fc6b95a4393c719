namespace Stackflare.Analysis;

/// <summary>Looks a finished dump over for what is wrong with its program.</summary>
internal static class Examination
{
    /// <summary>Gives a dump its deadlocks and findings. Once all else is in it.</summary>
    public static void Of(ThreadDump dump)
    {
        var circles = new CircleFinder(dump.Threads);
        List<AsyncStackGroup> async = AsyncStackGroup.Group(dump.AsyncStacks);
        IReadOnlyList<Deadlock> timed = circles.Find(withTimeLimits: true);
        dump.Deadlocks = circles.Find(withTimeLimits: false);
        dump.Findings =
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
    }
}
