namespace Stackflare.Targets.Shapes.Awaits;

/// <summary>Methods that wait for time to pass.</summary>
internal sealed class Times
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public static void Begin(AsyncCases cases)
    {
        cases.Begin("delay", OnDelay);
        cases.Begin("delay with token", OnDelayWithToken);
        cases.Begin("delay without end", OnDelayWithoutEnd);
        cases.Begin("delay by another clock", OnDelayByClock);
        cases.Begin("timer", OnTimer);
        cases.Begin("timer with token", OnTimerWithToken);
    }

    private static async Task OnDelay(AsyncTrack track) => await track.Here<Times>().On(AsyncWaitKind.Delay, Task.Delay(Hour), isDue: true);

    private static async Task OnDelayWithToken(AsyncTrack track)
    {
        using var off = new CancellationTokenSource();
        await track.Here<Times>().On(AsyncWaitKind.Delay, Task.Delay(Hour, off.Token), isDue: true);
    }

    private static async Task OnDelayWithoutEnd(AsyncTrack track)
    {
        using var off = new CancellationTokenSource();
        await track.Here<Times>().On(AsyncWaitKind.Delay, Task.Delay(Timeout.InfiniteTimeSpan, off.Token));
    }

    private static async Task OnDelayByClock(AsyncTrack track) => await track.Here<Times>().On(AsyncWaitKind.Delay, Task.Delay(Hour, new Clock()));

    private static async Task OnTimer(AsyncTrack track)
    {
        using var timer = new PeriodicTimer(Hour);
        while (await track.Here<Times>().On(AsyncWaitKind.Timer, timer.WaitForNextTickAsync()))
            GC.KeepAlive(timer);
    }

    private static async Task OnTimerWithToken(AsyncTrack track)
    {
        using var timer = new PeriodicTimer(Hour);
        using var off = new CancellationTokenSource();
        await track.Here<Times>().On(AsyncWaitKind.Timer, timer.WaitForNextTickAsync(off.Token));
    }

    /// <summary>Stands still.</summary>
    private sealed class Clock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Hand(callback, state);

        private sealed class Hand(TimerCallback callback, object? state) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                GC.KeepAlive((callback, state));
                return true;
            }

            public void Dispose() => GC.KeepAlive(this);

            public ValueTask DisposeAsync() => default;
        }
    }
}
