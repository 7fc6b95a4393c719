using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>10,000 calls of one method by itself, and as many of two methods by each other.</summary>
internal sealed class DeepRecursion : Shape
{
    public const int Depth = 10_000;
    private const int StackBytes = 64 << 20;

    public override void Start(Host host)
    {
        host.StartThread("self", track => Self(host, track, Depth - 1), StackBytes);
        host.StartThread("mutual", track => Ping(host, track, Depth - 1), StackBytes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Self(Host host, Track track, int more)
    {
        if (more == 0)
            host.Park(track.Here<DeepRecursion>());
        else
            Self(host, track.Here<DeepRecursion>(), more - 1);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Ping(Host host, Track track, int more)
    {
        Pong(host, track.Here<DeepRecursion>(), more - 1);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Pong(Host host, Track track, int more)
    {
        if (more == 0)
            host.Park(track.Here<DeepRecursion>());
        else
            Ping(host, track.Here<DeepRecursion>(), more - 1);
        GC.KeepAlive(track);
    }
}
