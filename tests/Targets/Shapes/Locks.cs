using System.Diagnostics;
using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>
/// Locks of every kind that known threads hold, and threads that wait for them. Each lock is of a type of its own, by which a
/// test knows it.
/// </summary>
internal sealed class Locks : Shape
{
    private const int Hour = 3_600_000;

    private static readonly StaticGate Static = new();

    private readonly WantedGate _wanted = new();
    private readonly ThinGate _thin = new();
    private readonly DeepGate _deep = new();
    private readonly NativeGate _native = new();
    private readonly PulseGate _pulse = new();
#if NET9_0_OR_GREATER
    private readonly Lock _freeLock = new(), _wantedLock = new();
#endif
    private Thread? _holder;
    private int _held;

    public override void Start(Host host)
    {
        host.StartThread("holder", track => Hold(host, track));
        host.StartThread("static holder", track => HoldStatic(host, track));
        host.StartThread("native holder", track => HoldInNativeCode(host, track));
        SpinWait.SpinUntil(() => Volatile.Read(ref _held) == 3);
        host.StartThread("enter", track => Enter(host, track));
        host.StartThread("try enter", track => TryEnter(host, track));
        host.StartThread("static enter", track => EnterStatic(host, track));
        host.StartThread("pulse", track => WaitForPulse(host, track));
        host.StartThread("join", track => Join(host, track));
#if NET9_0_OR_GREATER
        host.StartThread("lock enter", track => EnterLock(host, track));
        host.StartThread("lock try enter", track => TryEnterLock(host, track));
#endif
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Hold(Host host, Track track)
    {
        _holder = Thread.CurrentThread;
        lock (_wanted)
        {
            lock (_thin)
            {
                lock (_deep)
                    HoldDeeper(host, track.Here<Locks>());
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void HoldDeeper(Host host, Track track)
    {
        lock (_deep)
        {
            lock (_deep)
                HoldLocks(host, track.Here<Locks>());
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void HoldLocks(Host host, Track track)
    {
#if NET9_0_OR_GREATER
        lock (_freeLock)
        {
            lock (_wantedLock)
            {
                lock (_wantedLock)
                {
                    Interlocked.Increment(ref _held);
                    host.Park(track.Here<Locks>());
                }
            }
        }
#else
        Interlocked.Increment(ref _held);
        host.Park(track.Here<Locks>());
#endif
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void HoldStatic(Host host, Track track)
    {
        lock (Static)
        {
            Interlocked.Increment(ref _held);
            host.Park(track.Here<Locks>());
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void HoldInNativeCode(Host host, Track track)
    {
        lock (_native)
        {
            Interlocked.Increment(ref _held);
            host.Arrive(Truth(track.Next<Locks>()), inManagedCode: false);
            Libc.ReadForever();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Enter(Host host, Track track)
    {
        host.Arrive(Truth(track.Next<Locks>()));
        lock (_wanted)
            GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void TryEnter(Host host, Track track)
    {
        host.Arrive(Truth(track.Next<Locks>()));
        if (Monitor.TryEnter(_wanted, Hour))
            Monitor.Exit(_wanted);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void EnterStatic(Host host, Track track)
    {
        host.Arrive(Truth(track.Next<Locks>()));
        lock (Static)
            GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WaitForPulse(Host host, Track track)
    {
        lock (_pulse)
        {
            host.Arrive(Truth(track.Next<Locks>()));
            Monitor.Wait(_pulse, Hour);
        }

        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Join(Host host, Track track)
    {
        host.Arrive(Truth(track.Next<Locks>()));
        _holder!.Join();
        GC.KeepAlive(track);
    }

#if NET9_0_OR_GREATER
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EnterLock(Host host, Track track)
    {
        host.Arrive(Truth(track.Next<Locks>()));
        lock (_wantedLock)
            GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void TryEnterLock(Host host, Track track)
    {
        host.Arrive(Truth(track.Next<Locks>()));
        if (_wantedLock.TryEnter(Hour))
            _wantedLock.Exit();
        GC.KeepAlive(track);
    }
#endif

    private static ThreadTruth Truth(Track track) => ThreadTruth.OfThisThread(track, new StackTrace(1, true).ToString(), null);

    private sealed class WantedGate;

    private sealed class ThinGate;

    private sealed class DeepGate;

    private sealed class NativeGate;

    private sealed class PulseGate;

    private sealed class StaticGate;
}
