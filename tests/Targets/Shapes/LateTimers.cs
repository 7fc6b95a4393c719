using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>
/// Timers of every kind. All <c>--workers N</c> that the pool may have are blocked, so that none of the due ones can run; with none, all of them run as they should.
/// </summary>
internal sealed class LateTimers : Shape
{
    private const int Soon = 10, Never = int.MaxValue;

    private readonly List<object> _kept = [];

    public override void Start(Host host)
    {
        int workers = host.Options.Number("--workers", 0);
        if (workers > 0)
        {
            ThreadPool.SetMinThreads(workers, 1);
            ThreadPool.SetMaxThreads(workers, 1);
            host.Expect(workers);
            for (int i = 0; i < workers; i++)
                ThreadPool.QueueUserWorkItem(_ => host.Park(new Track().Here<LateTimers>("Start.lambda")));
            host.WaitForArrivals();
        }

        for (int i = 0; i < 3; i++)
            Keep(new Timer(Refresh, null, Soon, Soon));
        for (int i = 0; i < 2; i++)
            Keep(new Timer(Sweep, null, Soon, Timeout.Infinite));
        Keep(new Timer(_ => GC.KeepAlive(_kept), null, Soon, Timeout.Infinite));
        Keep(Task.Delay(Soon));
        Keep(Task.Delay(Soon, new CancellationTokenSource().Token));
        Keep(new CancellationTokenSource(Soon));
        Keep(new PeriodicTimer(TimeSpan.FromMilliseconds(Soon)));
        Keep(new TaskCompletionSource<int>().Task.WaitAsync(TimeSpan.FromMilliseconds(Soon)));
        Keep(new System.Timers.Timer(Soon) { Enabled = true });

        // In time.
        Keep(new Timer(Refresh, null, Never, Never));
        Keep(new Timer(Sweep, null, Timeout.Infinite, Timeout.Infinite));
        Keep(Task.Delay(Never));
    }

    private static void Sweep(object? state) => GC.KeepAlive(state);

    private void Keep(object timer) => _kept.Add(timer);

    private void Refresh(object? state) => GC.KeepAlive(_kept);
}
