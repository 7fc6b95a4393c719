using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>A method that calls the one it overrides.</summary>
internal sealed class Derived(Host host) : Ancestor(host)
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public override void Run(Track track)
    {
        base.Run(track.Here<Derived>());
        GC.KeepAlive(track);
    }
}
