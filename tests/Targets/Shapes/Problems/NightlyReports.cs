using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>
/// Each of <c>--reports N</c> locks itself and wants the one before it, which is not done yet; the first one waits for its time to come. Slow, and
/// no deadlock.
/// </summary>
internal sealed class NightlyReports : Shape
{
    private static readonly TimeSpan UntilMidnight = TimeSpan.FromHours(8);

    public override void Start(Host host)
    {
        Report[] reports = [.. Enumerable.Range(0, host.Options.Number("--reports", 3)).Select(_ => new Report())];
        var allLocked = new Barrier(reports.Length);
        host.StartThread("report 1", track => WaitForMidnight(host, track, reports[0], allLocked));
        for (var i = 1; i < reports.Length; i++)
        {
            var (mine, before) = (reports[i], reports[i - 1]);
            host.StartThread($"report {i + 1}", track => WaitForTheOneBefore(host, track, mine, before, allLocked));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WaitForMidnight(Host host, Track track, Report mine, Barrier allLocked)
    {
        lock (mine)
        {
            allLocked.SignalAndWait();
            host.Arrive(track.Next<NightlyReports>().Took(mine));
            Thread.Sleep(UntilMidnight);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WaitForTheOneBefore(Host host, Track track, Report mine, Report before, Barrier allLocked)
    {
        lock (mine)
        {
            allLocked.SignalAndWait();
            host.Arrive(track.Next<NightlyReports>().Took(mine).Wants(before));
            lock (before)
                GC.KeepAlive(track);
        }
    }
}
