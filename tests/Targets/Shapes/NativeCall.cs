using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>The main thread is in a system call of a native library, and so is another.</summary>
internal sealed class NativeCall : Shape
{
    public override void Start(Host host) => host.StartThread("native", track => Enter(host, track));

    public override void OnMain(Host host) => Libc.ReadForever();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Enter(Host host, Track track)
    {
        host.Arrive(ThreadTruth.OfThisThread(track.Next<NativeCall>(), "", null), inManagedCode: false);
        Libc.ReadForever();
        GC.KeepAlive(track);
    }
}
