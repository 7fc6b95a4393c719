using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>A depot that is locked by its monitor.</summary>
internal sealed class OldDepot : Depot
{
    public override object Gate => this;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public override void Load(Host host, Track track, Depot next, Barrier allLoading)
    {
        lock (this)
        {
            allLoading.SignalAndWait();
            next.Unload(host, track.Here<OldDepot>().Took(this));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public override void Unload(Host host, Track track)
    {
        host.Arrive(track.Next<OldDepot>().Wants(this));
        lock (this)
            GC.KeepAlive(track);
    }
}
