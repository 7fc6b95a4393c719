using Stackflare.Triggers;

namespace Stackflare.Tests.Triggers;

/// <summary>The thread that waits for the times of all triggers. No test asserts how long something takes.</summary>
public sealed class WatchThreadTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(20), Never = TimeSpan.FromHours(1);

    private readonly WatchThread _watch = new();
    private readonly SemaphoreSlim _rung = new(0);

    public void Dispose() => _rung.Dispose();

    [Fact]
    public void Alarms_ring_in_the_order_of_their_times_on_one_thread()
    {
        List<int> order = [];
        HashSet<int> threads = [];
        var clock = new Clock();
        var watch = new WatchThread(clock);
        // All are set from an alarm and at one time, so that none is due before the last is set.
        watch.Set(TimeSpan.Zero, id =>
        {
            foreach (int i in (int[])[3, 1, 4, 2, 5])
            {
                watch.Set(i * Soon, other =>
                {
                    order.Add(i);
                    threads.Add(other);
                    _rung.Release();
                    return null;
                });
            }
            threads.Add(id);
            clock.Passed = 6 * Soon;
            return null;
        });
        Wait(5);
        Assert.Equal([1, 2, 3, 4, 5], order);
        Assert.Single(threads);
    }

    [Fact]
    public void An_alarm_rings_again_until_it_is_cancelled()
    {
        int rings = 0;
        WatchThread.Alarm alarm = _watch.Set(TimeSpan.Zero, _ =>
        {
            rings++;
            _rung.Release();
            return TimeSpan.Zero;
        });
        Wait(3);
        alarm.Dispose();
        // The last ring may be under way; the next alarm comes after it.
        Ring();
        int last = rings;
        Ring();
        Assert.Equal(last, rings);
        Assert.Equal(0, _watch.Kept);
    }

    [Fact]
    public void An_alarm_that_is_set_later_can_be_due_earlier()
    {
        using WatchThread.Alarm late = _watch.Set(Never, _ => throw new InvalidOperationException("too early"));
        Ring();
    }

    [Fact]
    public void A_cancelled_alarm_does_not_ring_and_is_not_kept_for_long()
    {
        using WatchThread.Alarm late = _watch.Set(Never, static _ => null);
        for (int i = 0; i < 10_000; i++)
        {
            _watch.Set(Never, static _ => throw new InvalidOperationException("cancelled")).Dispose();
            Assert.True(_watch.Kept < 200, $"{_watch.Kept} are kept");
        }
    }

    [Fact]
    public void An_alarm_that_throws_does_not_stop_the_others()
    {
        _watch.Set(TimeSpan.Zero, static _ => throw new InvalidOperationException("a fault of the test"));
        Ring();
    }

    private void Ring()
    {
        using var rung = new ManualResetEventSlim();
        _watch.Set(TimeSpan.Zero, _ =>
        {
            rung.Set();
            return null;
        });
        rung.Wait(TestContext.Current.CancellationToken);
    }

    private void Wait(int count)
    {
        for (int i = 0; i < count; i++)
            _rung.Wait(TestContext.Current.CancellationToken);
    }

    /// <summary>A clock that stands still.</summary>
    private sealed class Clock : TimeProvider
    {
        public TimeSpan Passed { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Passed.Ticks;
    }
}
