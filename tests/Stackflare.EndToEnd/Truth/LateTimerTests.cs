using Stackflare.Capture;
using Stackflare.EndToEnd.Harness;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Truth;

/// <summary>Timers that are due while the pool has no worker for them.</summary>
public sealed class LateTimerTests
{
    private const string Shape = "Stackflare.Targets.Shapes.LateTimers.";

    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Pool)]
    [InFlavours("unoptimized", LooksAt.Pool)]
    [InFlavours("untiered", LooksAt.Pool)]
    public async Task TimersThatAreDueAreCountedByWhatTheyWouldCall(string flavour)
    {
        const int Timers = 12;
        int workers = Math.Max(4, Environment.ProcessorCount);
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "LateTimers", TargetOptions.NoTrap with { Arguments = ["--workers", $"{workers}"] });
        using ProcessCapture capture = CaptureOf(target);
        ThreadPoolState pool = PoolOf(capture);
        await Poll.UntilAsync(() => (pool = PoolOf(capture)).DueTimers.Sum(static t => t.Count) >= Timers, "all timers to be late", target.Describe);
        Assert.Equal(
            [
                "CancellationTokenSource.CancelAfter 1", "PeriodicTimer 1", $"{Shape}Refresh 3", $"{Shape}Start.lambda 1", $"{Shape}Sweep 2", "System.Timers.Timer 1", "Task.Delay 2",
                "Task.WaitAsync 1",
            ],
            pool.DueTimers.Select(static t => $"{t.Callback} {t.Count}").Order(StringComparer.Ordinal));
        Assert.All(pool.DueTimers, static t => Assert.InRange(t.Late, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)));
        Assert.False(pool.HasMoreDueTimers);
        await target.AssertAliveAsync();
    }

    /// <summary>The same timers in a program whose pool has workers.</summary>
    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Pool)]
    public async Task OfTimersThatRunNothingIsSaid(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "LateTimers", TargetOptions.NoTrap);
        using ProcessCapture capture = CaptureOf(target);
        for (int i = 0; i < 100; i++)
            Assert.Empty(PoolOf(capture).DueTimers);
        await target.AssertAliveAsync();
    }

    private static ThreadPoolState PoolOf(ProcessCapture capture) => capture.Symbolicate(capture.TakeSnapshot(TestContext.Current.CancellationToken)).ThreadPool!;

    private static ProcessCapture CaptureOf(TargetProcess target)
    {
        byte[] probe = File.ReadAllBytes(TestPaths.Probe);
        return new ProcessCapture(Processes.TargetProcess.Inspect(target.Pid), _ => probe, new CaptureOptions().WithPatience(), []);
    }
}
