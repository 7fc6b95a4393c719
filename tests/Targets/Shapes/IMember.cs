using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>An interface with a body of its own.</summary>
internal interface IMember
{
    Host Host { get; }

    void Do(Track track);

    [MethodImpl(MethodImplOptions.NoInlining)]
    void DoByDefault(Track track)
    {
        Host.Park(track.Here<IMember>());
        GC.KeepAlive(track);
    }
}
