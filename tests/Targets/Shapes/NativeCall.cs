using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>The main thread is in a system call of a native library, and so is another.</summary>
internal sealed class NativeCall : Shape
{
    private int _other;

    public override void Start(Host host) => host.StartThread("native", track => Enter(host, track));

    /// <summary>The runtime does not know of such waits; the kernel does.</summary>
    public override bool IsStill(Thread main) => IsInRead(Environment.ProcessId) && IsInRead(_other);

    public override void OnMain(Host host) => Libc.ReadForever();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Enter(Host host, Track track)
    {
        _other = Libc.GetThreadId();
        host.Arrive(ThreadTruth.OfThisThread(track.Next<NativeCall>(), "", null), inManagedCode: false);
        Libc.ReadForever();
        GC.KeepAlive(track);
    }

    private static bool IsInRead(int thread) => File.ReadAllText($"/proc/self/task/{thread}/syscall").StartsWith("0 ", StringComparison.Ordinal);
}
