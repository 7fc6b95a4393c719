using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>
/// Threads that run the work of a synchronization context, and block there until an async method completes that must go on there. "counter" does so by itself, "opener" before it runs any work; "cashier" and a worker of the pool do so in a task scheduler; "till"
/// for a lock whose holder, "auditor", waits for the method. With <c>--free 1</c>, everything is as in a program that works: nobody waits for work that
/// only the blocked thread can do.
/// </summary>
internal sealed class Desks : Shape
{
    private static readonly TaskCompletionSource _never = new();

    private Host _host = null!;

    public override void Start(Host host)
    {
        _host = host;
        if (host.Options.Number("--free", 0) == 1)
            StartFree();
        else
            StartBlocked();
    }

    private void StartBlocked()
    {
        Open("counter", track => Sum(track, Price()));
        _host.StartThread("opener", track =>
        {
            SynchronizationContext.SetSynchronizationContext(new ClosedContext());
            Sum(track, Price());
        });
        var line = new LineScheduler();
        new Thread(line.Run) { Name = "cashier", IsBackground = true }.Start();
        StartIn(line);
        StartIn(new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler);
        var gate = new object();
        using var isHeld = new ManualResetEventSlim();
        var audited = new TaskCompletionSource<Task<int>>();
        _host.StartThread("auditor", track => Audit(track, gate, isHeld, audited.Task));
        isHeld.Wait();
        Open("till", track =>
        {
            audited.SetResult(Price());
            Lock(track, gate);
        });
    }

    private void StartIn(TaskScheduler scheduler)
    {
        _host.Expect(1);
        _ = Task.Factory.StartNew(() => Sum(new Track(), Price()), CancellationToken.None, TaskCreationOptions.None, scheduler);
    }

    private void StartFree()
    {
        // Two workers of the pool run the tasks of one scheduler; one sleeps in its task.
        var concurrent = new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, 2).ConcurrentScheduler;
        using var sleeps = new ManualResetEventSlim();
        _host.Expect(1);
        _ = Task.Factory.StartNew(
            () =>
            {
                sleeps.Set();
                Sleep(new Track());
            },
            CancellationToken.None, TaskCreationOptions.None, concurrent);
        sleeps.Wait();
        StartIn(concurrent);
        // What it waits for goes on elsewhere; what must go on here is not what it waits for.
        Open("clerk", track =>
        {
            _ = Price();
            Sum(track, ElsewhereAsync());
        });
        // It waits for work.
        Open("idler", null);
        // Another thread runs the work of the same context, and sleeps in it.
        var pair = new DeskContext();
        using var isInside = new ManualResetEventSlim();
        Start("sleeper", pair, track =>
        {
            isInside.Set();
            Sleep(track);
        });
        isInside.Wait();
        Start("partner", pair, track => Sum(track, Price()));
    }

    private void Open(string name, Action<Track>? work) => Start(name, new DeskContext(), work);

    private void Start(string name, DeskContext context, Action<Track>? work)
    {
        if (work is not null)
            _host.Expect(1);
        new Thread(context.Run) { Name = name, IsBackground = true }.Start();
        if (work is not null)
            context.Post(_ => work(new Track()), null);
    }

    /// <summary>Begins a method that has to go on where it began: what it waits for completes only when it waits.</summary>
    private static Task<int> Price()
    {
        var fetched = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<int> price = PriceAsync(fetched.Task);
        fetched.SetResult();
        return price;
    }

    private static async Task<int> PriceAsync(Task fetched)
    {
        var price = await FetchAsync(fetched).ConfigureAwait(true);
        return price + 1;
    }

    private static async Task<int> FetchAsync(Task fetched)
    {
        await fetched.ConfigureAwait(false);
        return 1;
    }

    private static async Task<int> ElsewhereAsync()
    {
        await _never.Task.ConfigureAwait(false);
        return 1;
    }

    /// <summary>A context whose thread has not begun to run the work.</summary>
    private sealed class ClosedContext : SynchronizationContext
    {
        private readonly Queue<(SendOrPostCallback Callback, object? State)> _work = [];

        public override void Post(SendOrPostCallback d, object? state)
        {
            lock (_work)
                _work.Enqueue((d, state));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Sum(Track track, Task<int> price)
    {
        _host.Arrive(track.Next<Desks>(), inManagedCode: false);
        GC.KeepAlive(price.Result);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Lock(Track track, object gate)
    {
        _host.Arrive(track.Next<Desks>(), inManagedCode: false);
        lock (gate)
            GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Audit(Track track, object gate, ManualResetEventSlim isHeld, Task<Task<int>> audited)
    {
        lock (gate)
        {
            isHeld.Set();
            Task<int> price = audited.GetAwaiter().GetResult();
            _host.Arrive(track.Next<Desks>(), inManagedCode: false);
            GC.KeepAlive(price.Result);
        }
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Sleep(Track track)
    {
        _host.Arrive(track.Next<Desks>(), inManagedCode: false);
        Thread.Sleep(Timeout.Infinite);
        GC.KeepAlive(track);
    }
}
