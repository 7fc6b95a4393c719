using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>A depot that has a lock.</summary>
internal sealed class NewDepot : Depot
{
    private readonly Lock _gate = new();

    public override object Gate => _gate;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public override void Load(Host host, Track track, Depot next, Barrier allLoading)
    {
        lock (_gate)
        {
            allLoading.SignalAndWait();
            next.Unload(host, track.Here<NewDepot>().Took(Gate));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public override void Unload(Host host, Track track)
    {
        // The compiler gives the entering of a Lock no line of its own: it belongs to the statement before.
        host.Arrive(track.Here<NewDepot>().Wants(Gate));
        lock (_gate)
            GC.KeepAlive(track);
    }
}
