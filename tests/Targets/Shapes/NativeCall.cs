using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>The main thread is in a system call of a native library, and so are others, each by another kind of call.</summary>
internal sealed class NativeCall : Shape
{
    private readonly ConcurrentQueue<int> _reading = new();

    public override void Start(Host host)
    {
        host.StartThread("native", track => Enter(host, track));
        foreach ((string name, Action read) in NativeReads.All)
            host.StartThread(name, track => Enter(host, track, read));
        host.StartThread("called back", track => CallBack(host, track));
    }

    /// <summary>The runtime does not know of such waits; the kernel does.</summary>
    public override bool IsStill(Thread main) => IsInRead(Environment.ProcessId) && _reading.All(IsInRead);

    public override void OnMain(Host host) => Libc.ReadForever();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Enter(Host host, Track track)
    {
        _reading.Enqueue(Libc.GetThreadId());
        host.Arrive(ThreadTruth.OfThisThread(track.Next<NativeCall>(), "", null), inManagedCode: false);
        Libc.ReadForever();
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Enter(Host host, Track track, Action read)
    {
        _reading.Enqueue(Libc.GetThreadId());
        host.Arrive(track.Next<NativeCall>(), inManagedCode: false);
        read();
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CallBack(Host host, Track track)
    {
        NativeReads.CallBack(new Callee(host, track.Here<NativeCall>()).Park);
        GC.KeepAlive(track);
    }

    private static bool IsInRead(int thread) => File.ReadAllText($"/proc/self/task/{thread}/syscall").StartsWith("0 ", StringComparison.Ordinal);

    private sealed class Callee(Host host, Track track)
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public void Park()
        {
            host.Park(track.Here<Callee>());
            GC.KeepAlive(track);
        }
    }
}
