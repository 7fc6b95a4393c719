using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>What <see cref="Derived"/> derives from.</summary>
internal abstract class Ancestor(Host host)
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public virtual void Run(Track track)
    {
        host.Park(track.Here<Ancestor>());
        GC.KeepAlive(track);
    }
}
