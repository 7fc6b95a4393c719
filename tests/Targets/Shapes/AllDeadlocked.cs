using System.Diagnostics;
using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>Two threads hold what the other wants; the main thread and two more want it as well. Nothing will ever move.</summary>
internal sealed class AllDeadlocked : Shape
{
    private readonly object _left = new();
    private readonly object _right = new();

    public override void Start(Host host)
    {
        var bothHeld = new Barrier(2);
        host.StartThread("left", track => Both(host, track, _left, _right, bothHeld));
        host.StartThread("right", track => Both(host, track, _right, _left, bothHeld));
    }

    public override void OnMain(Host host)
    {
        lock (_left)
            host.WaitForExit();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Both(Host host, Track track, object mine, object yours, Barrier bothHeld)
    {
        lock (mine)
        {
            bothHeld.SignalAndWait();
            host.Arrive(ThreadTruth.OfThisThread(track.Next<AllDeadlocked>(), new StackTrace(0, true).ToString(), null));
            lock (yours)
                GC.KeepAlive(track);
        }
    }
}
