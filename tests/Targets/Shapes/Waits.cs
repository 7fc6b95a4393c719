using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>Threads that wait for objects of every kind that a thread can wait for besides locks, each thread named after what it does.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The program ends with its threads waiting.")]
internal sealed class Waits : Shape
{
    private const int Hour = 3_600_000;

    private readonly SemaphoreSlim _semaphore = new(3), _otherSemaphore = new(0);
    private readonly ManualResetEventSlim _eventSlim = new();
    private readonly TaskCompletionSource<int> _promise = new();
    private readonly AutoResetEvent _autoReset = new(false);
    private readonly ManualResetEvent _manualReset = new(false);
    private readonly Mutex _mutex = new();
    private readonly CountdownEvent _countdown = new(5);
    private readonly Barrier _barrier = new(2);
    private readonly ReaderWriterLockSlim _written = new(), _read = new(LockRecursionPolicy.SupportsRecursion);
    private Thread? _joined;
    private int _held;

    public override void Start(Host host)
    {
        host.StartThread("writer", track => HoldForWriting(host, track));
        host.StartThread("reader", track => HoldForReading(host, track));
        host.StartThread("upgrader", track => HoldForUpgrading(host, track));
        host.StartThread("mutex holder", track => HoldMutex(host, track));
        SpinWait.SpinUntil(() => Volatile.Read(ref _held) == 4);
        for (int i = 0; i < 3; i++)
            _semaphore.Wait();
        _countdown.Signal();
        host.StartThread("semaphore", track => WaitFor(host, track, () => _semaphore.Wait()));
        host.StartThread("semaphore timeout", track => WaitFor(host, track, () => _semaphore.Wait(Hour)));
        host.StartThread("other semaphore", track => WaitFor(host, track, () => _otherSemaphore.Wait()));
        host.StartThread("event slim", track => WaitFor(host, track, () => _eventSlim.Wait()));
        host.StartThread("task", track => WaitFor(host, track, () => _promise.Task.Wait()));
        host.StartThread("task result", track => WaitFor(host, track, () => _ = _promise.Task.Result));
        host.StartThread("task awaiter", track => WaitFor(host, track, () => _promise.Task.GetAwaiter().GetResult()));
        host.StartThread("auto reset", track => WaitFor(host, track, () => _autoReset.WaitOne()));
        host.StartThread("manual reset", track => WaitFor(host, track, () => _manualReset.WaitOne(Hour)));
        host.StartThread("mutex", track => WaitFor(host, track, () => _mutex.WaitOne()));
        host.StartThread("countdown", track => WaitFor(host, track, () => _countdown.Wait()));
        host.StartThread("barrier", track => WaitFor(host, track, () => _barrier.SignalAndWait()));
        host.StartThread("enter read", track => WaitFor(host, track, () => _written.EnterReadLock()));
        host.StartThread("enter write", track => WaitFor(host, track, () => _written.TryEnterWriteLock(Hour)));
        host.StartThread("enter upgradeable", track => WaitFor(host, track, () => _written.EnterUpgradeableReadLock()));
        host.StartThread("write what is read", track => WaitFor(host, track, () => _read.EnterWriteLock()));
        host.StartThread("join", track => WaitFor(host, track, () => _joined!.Join()));
        host.StartThread("join timeout", track => WaitFor(host, track, () => _joined!.Join(Hour)));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WaitFor(Host host, Track track, Action wait)
    {
        host.Arrive(Truth(track.Next<Waits>()));
        wait();
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void HoldForWriting(Host host, Track track)
    {
        _joined = Thread.CurrentThread;
        _written.EnterWriteLock();
        Hold(host, track.Here<Waits>());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void HoldForReading(Host host, Track track)
    {
        _read.EnterReadLock();
        _read.EnterReadLock();
        Hold(host, track.Here<Waits>());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void HoldForUpgrading(Host host, Track track)
    {
        _read.EnterUpgradeableReadLock();
        Hold(host, track.Here<Waits>());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void HoldMutex(Host host, Track track)
    {
        _mutex.WaitOne();
        Hold(host, track.Here<Waits>());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Hold(Host host, Track track)
    {
        Interlocked.Increment(ref _held);
        host.Park(track.Here<Waits>());
        GC.KeepAlive(track);
    }

    private static ThreadTruth Truth(Track track) => ThreadTruth.OfThisThread(track, new StackTrace(1, true).ToString(), null);
}
