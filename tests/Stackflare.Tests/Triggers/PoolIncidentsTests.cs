using Stackflare.Triggers;

namespace Stackflare.Tests.Triggers;

/// <summary>When queued work has waited too long, and when it does no more.</summary>
public sealed class PoolIncidentsTests
{
    private readonly PoolIncidents _incidents = new(new ThreadPoolWatchOptions { Threshold = At(5), Interval = At(5), MaxDumpsPerIncident = 3 });

    [Fact]
    public void A_pool_without_work_gets_no_canary() => Assert.All(Enumerable.Range(0, 100), i => Assert.Equal(PoolStep.None, Look(i, queued: 0)));

    [Fact]
    public void A_canary_that_runs_in_time_is_no_incident()
    {
        for (int i = 0; i < 100; i += 5)
        {
            Assert.Equal(PoolStep.QueueCanary, Look(i));
            Assert.Equal(PoolStep.None, Look(i + 4));
            // The look that finds that it has run queues the next one, as there is work.
            Assert.Equal(PoolStep.QueueCanary, Look(i + 4.5, ranAt: i + 4.4));
            Assert.Equal(PoolStep.None, Look(i + 4.6, ranAt: i + 4.6, queued: 0));
        }
    }

    [Fact]
    public void An_incident_has_its_dumps_and_its_end()
    {
        Assert.Equal(PoolStep.QueueCanary, Look(0));
        Assert.Equal([PoolStep.Dump, PoolStep.None, PoolStep.Dump, PoolStep.None, PoolStep.Dump, PoolStep.None, PoolStep.None], Looks(5, 6, 10, 14, 15, 20, 100));
        Assert.Equal(At(100), _incidents.Lasted);

        // It has run after 101 seconds: the pool is slow until a canary runs in time.
        Assert.Equal(PoolStep.QueueCanary, Look(102, ranAt: 101));
        Assert.Equal(PoolStep.Recovered, Look(103, ranAt: 102.5));
        Assert.Equal(At(102.5), _incidents.Lasted);
        Assert.Equal(PoolStep.None, Look(104, queued: 0));

        Assert.Equal(PoolStep.QueueCanary, Look(200));
        Assert.Equal(PoolStep.Dump, Look(205));
        Assert.Equal(1, _incidents.Dumps);
    }

    [Fact]
    public void A_look_that_comes_late_is_no_incident()
    {
        Assert.Equal(PoolStep.QueueCanary, Look(0));
        Assert.Equal(PoolStep.None, Look(60, ranAt: 0.1, queued: 0));
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    private PoolStep[] Looks(params double[] seconds) => [.. seconds.Select(s => Look(s))];

    private PoolStep Look(double now, double? ranAt = null, long queued = 10) => _incidents.Look(At(now), ranAt is { } at ? At(at) : null, queued);
}
