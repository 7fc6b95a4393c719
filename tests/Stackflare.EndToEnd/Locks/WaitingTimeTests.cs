using System.Diagnostics;
using Stackflare.Capture;
using Stackflare.EndToEnd.Harness;
using Stackflare.Snapshots;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Locks;

/// <summary>How long threads have waited, by the kernel.</summary>
public sealed class WaitingTimeTests
{
    private static readonly TimeSpan Blocked = TimeSpan.FromMilliseconds(300), Tolerance = TimeSpan.FromMilliseconds(20);

    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Locks)]
    public async Task AThreadHasWaitedSinceItWasSeenToWaitAndNotForLongerThanTheProcessRan(string flavour)
    {
        Assert.SkipUnless(File.Exists("/proc/self/sched"), "The kernel does not show its scheduler's records.");
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "Locks", TargetOptions.NoTrap);
        byte[] probe = File.ReadAllBytes(TestPaths.Probe);
        using var capture = new ProcessCapture(Processes.TargetProcess.Inspect(target.Pid), _ => probe, new CaptureOptions().WithPatience(), []);
        string[] names = ["enter", "try enter", "static enter", "lock enter", "lock try enter"];
        int[] waiters = [.. names.Select(n => target.Truth.Named(n).OsId)];

        // They spin before they sleep. None is woken by the captures: how often each has slept stays as it is from then on.
        await Poll.UntilAsync(() => Times(capture).Values.All(t => t > Tolerance), "threads that sleep", target.Describe);
        var watch = Stopwatch.StartNew();
        int[] sleeps = [.. waiters.Select(t => Sleeps(target.Pid, t))];
        await Poll.UntilAsync(() => watch.Elapsed >= Blocked, "time to pass", target.Describe);

        TimeSpan least = watch.Elapsed;
        // On a busy machine, the look at the clocks of the processors is given up: then no time is known.
        IReadOnlyDictionary<int, TimeSpan?> times = new Dictionary<int, TimeSpan?>();
        await Poll.UntilAsync(() => (times = Times(capture)).Values.All(t => t is not null), "times that are known", target.Describe);
        TimeSpan age = DateTime.Now - Process.GetProcessById(target.Pid).StartTime + Tolerance;
        Assert.All(waiters, thread => Assert.InRange(times[thread]!.Value, least - Tolerance, age));
        Assert.Equal(sleeps, waiters.Select(t => Sleeps(target.Pid, t)));

        IReadOnlyDictionary<int, TimeSpan?> Times(ProcessCapture of)
        {
            Snapshot sample = of.TakeSnapshot(TestContext.Current.CancellationToken);
            Assert.Null(sample.Host.Tasks.Find(target.Truth.Named("pulse").OsId)!.OffCpuTime);
            return waiters.ToDictionary(t => t, t => sample.Host.Tasks.Find(t)!.OffCpuTime);
        }
    }

    /// <summary>How often a thread has gone to sleep.</summary>
    private static int Sleeps(int pid, int thread) => int.Parse(
        File.ReadLines($"/proc/{pid}/task/{thread}/status").Single(l => l.StartsWith("voluntary_ctxt_switches:", StringComparison.Ordinal)).Split('\t')[1], null);
}
