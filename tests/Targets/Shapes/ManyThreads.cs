using System.Globalization;
using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>A thousand threads (or <c>--threads N</c>) at one and the same place.</summary>
internal sealed class ManyThreads : Shape
{
    private const int StackBytes = 256 << 10;

    public override void Start(Host host)
    {
        var threads = int.Parse(host.Options.Get("--threads", "1000"), CultureInfo.InvariantCulture);
        for (var i = 0; i < threads; i++)
            host.StartThread($"many-{i}", [MethodImpl(Host.NoJump)] (track) => Crowd(host, track), StackBytes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Crowd(Host host, Track track)
    {
        host.Park(track.Here<ManyThreads>());
        GC.KeepAlive(track);
    }
}
