using System.Globalization;
using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>
/// Threads that can be stopped, and look much like those that cannot: one waits for ever in an ordinary native call, some make calls that were promised
/// to be short and are, one only computes, one makes garbage that has to be collected all the time.
/// </summary>
internal sealed class Harbour : Shape
{
    private long _sum;
    private byte[]? _last;

    public override void Start(Host host)
    {
        Run(host, "anchored", Libc.ReadForever);
        Run(host, "hot", () => Volatile.Write(ref _sum, CooperativeCalls.Parent()));
        Run(host, "dozing", () => CooperativeCalls.WaitALittle(2));
        Run(host, "turning", () => Volatile.Write(ref _sum, unchecked((_sum * 31) + 1)));
        Run(host, "littering", () => Volatile.Write(ref _last, new byte[1000]));
        host.OnCommand("collections", _ => GC.CollectionCount(0).ToString(CultureInfo.InvariantCulture));
    }

    private static void Run(Host host, string name, Action step) => host.StartThread(name, track => Loop(host, track, step));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Loop(Host host, Track track, Action step)
    {
        host.Arrive(track.Here<Harbour>(), inManagedCode: false);
        while (true)
            step();
    }
}
