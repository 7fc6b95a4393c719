using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>With a class for a key, one code for all such keys; it is unloaded with the value's type.</summary>
internal static class Hall<TKey, TValue>
{
    private const string Name = "Stackflare.Targets.Shapes.Hall`2";

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Enter(Host host, Track track)
    {
        host.Park(track.Here(Name));
        GC.KeepAlive(typeof(TKey));
        GC.KeepAlive(typeof(TValue));
    }
}
