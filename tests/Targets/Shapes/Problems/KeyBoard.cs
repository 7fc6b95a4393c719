using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>Keys that are taken by calls, without a statement that would give them back; and guests who wait for all of them but one.</summary>
internal sealed class KeyBoard : Shape
{
    private readonly CarKey _car = new();
    private readonly BoatKey _boat = new();
    private readonly ShedKey _shed = new();
    private int _taken;

    public override void Start(Host host)
    {
        host.StartThread("driver", track => Drive(host, track));
        host.StartThread("sailor", track => Sail(host, track));
        host.StartThread("gardener", track => Dig(host, track));
        SpinWait.SpinUntil(() => Volatile.Read(ref _taken) == 3);
        host.StartThread("guest with luggage", track => Await(host, track, _car));
        host.StartThread("guest with oars", track => Await(host, track, _boat));
    }

    /// <summary>By itself.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Drive(Host host, Track track)
    {
        Monitor.Enter(_car);
        Interlocked.Increment(ref _taken);
        host.Park(track.Here<KeyBoard>().Took(_car));
        Monitor.Exit(_car);
    }

    /// <summary>By a method that has returned.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Sail(Host host, Track track)
    {
        Take(_boat);
        host.Park(track.Here<KeyBoard>());
        GC.KeepAlive(_boat);
    }

    /// <summary>By itself, and nobody wants it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Dig(Host host, Track track)
    {
        Monitor.Enter(_shed);
        Interlocked.Increment(ref _taken);
        host.Park(track.Here<KeyBoard>());
        Monitor.Exit(_shed);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Take(object key)
    {
        Monitor.Enter(key);
        Interlocked.Increment(ref _taken);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Await(Host host, Track track, object key)
    {
        host.Arrive(track.Next<KeyBoard>().Wants(key));
        lock (key)
            GC.KeepAlive(track);
    }

    private sealed class CarKey;

    private sealed class BoatKey;

    private sealed class ShedKey;
}
