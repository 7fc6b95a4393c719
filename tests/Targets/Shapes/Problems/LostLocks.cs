using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>
/// Locks that threads want and nobody releases: those who took them have ended, or have ended their work item and are idle workers. With <c>--kept 1</c>,
/// they are still at work.
/// </summary>
internal sealed class LostLocks : Shape
{
    private readonly object _gate = new();
    private readonly ReaderWriterLockSlim _readByWorker = new(), _readByThread = new();

    public override void Start(Host host)
    {
        bool isKept = host.Options.Number("--kept", 0) == 1;
        using var taken = new CountdownEvent(3);
        ThreadPool.SetMinThreads(8, 1);
        ThreadPool.QueueUserWorkItem(_ => Take(() => Monitor.Enter(_gate), taken, isKept));
        ThreadPool.QueueUserWorkItem(_ => Take(_readByWorker.EnterReadLock, taken, isKept));
        var reader = new Thread(() => Take(_readByThread.EnterReadLock, taken, isKept)) { Name = "reader", IsBackground = true };
        reader.Start();
        taken.Wait();
        if (!isKept)
            reader.Join();
        host.StartThread("wants the monitor", track => Want(host, track));
        host.StartThread("wants the worker's", track => Write(host, track, _readByWorker));
        host.StartThread("wants the thread's", track => Write(host, track, _readByThread));
    }

    private static void Take(Action take, CountdownEvent taken, bool isKept)
    {
        take();
        taken.Signal();
        if (isKept)
            Thread.Sleep(Timeout.Infinite);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Want(Host host, Track track)
    {
        host.Arrive(track.Next<LostLocks>(), inManagedCode: false);
        lock (_gate)
            GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Write(Host host, Track track, ReaderWriterLockSlim wanted)
    {
        host.Arrive(track.Next<LostLocks>(), inManagedCode: false);
        wanted.EnterWriteLock();
        GC.KeepAlive(track);
    }
}
