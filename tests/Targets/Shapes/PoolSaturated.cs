using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>Every thread the pool may have is blocked, and more work is queued.</summary>
internal sealed class PoolSaturated : Shape
{
    private const int Workers = 4;

    public override void Start(Host host)
    {
        ThreadPool.SetMinThreads(Workers, 1);
        ThreadPool.SetMaxThreads(Workers, 1);
        host.Expect(Workers);
        for (var i = 0; i < Workers + 100; i++)
            ThreadPool.QueueUserWorkItem(_ => Block(host, new Track()));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Block(Host host, Track track)
    {
        host.Park(track.Here<PoolSaturated>());
        GC.KeepAlive(track);
    }
}
