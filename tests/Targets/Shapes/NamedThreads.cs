using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>Three threads, each at a place of its own; one name is longer than the kernel keeps, one is not ASCII.</summary>
internal sealed class NamedThreads : Shape
{
    public const string LongName = "a name that the kernel would cut";

    public override void Start(Host host)
    {
        host.StartThread("first", track => First(host, track));
        host.StartThread(LongName, track => Second(host, track, 3));
        host.StartThread("Fäden ☂", track => Third(host, track));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void First(Host host, Track track)
    {
        host.Park(track.Here<NamedThreads>());
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Second(Host host, Track track, int depth)
    {
        if (depth > 0)
            Second(host, track.Here<NamedThreads>(), depth - 1);
        else
            First(host, track.Here<NamedThreads>());
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Third(Host host, Track track)
    {
        lock (track)
        {
            track.Next<NamedThreads>();
            First(
                host,
                track);
        }

        GC.KeepAlive(track);
    }
}
