using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>
/// The threads that the pool may have (<c>--workers N</c>) are blocked, and more work is queued. <c>--in result</c>: for a task; <c>--in socket</c>: in a
/// synchronous read of a socket. <c>--working N</c> of them are not blocked.
/// </summary>
internal sealed class PoolSaturated : Shape
{
    private const int Queued = 100;

    private readonly TaskCompletionSource<int> _answer = new();
    private readonly TcpListener _silent = new(IPAddress.Loopback, 0);

    public override void Start(Host host)
    {
        int workers = host.Options.Number("--workers", 4);
        string place = host.Options.Get("--in", "park");
        ThreadPool.SetMinThreads(workers, 1);
        ThreadPool.SetMaxThreads(workers, 1);
        host.Expect(workers);
        _silent.Start(workers);
        for (var i = 0; i < host.Options.Number("--working", 0); i++)
            ThreadPool.QueueUserWorkItem(_ => Work(host, new Track()));
        WaitCallback block = place switch
        {
            "result" => _ => Ask(host, new Track()),
            "socket" => _ => Read(host, new Track()),
            _ => _ => Block(host, new Track()),
        };
        for (var i = host.Options.Number("--working", 0); i < workers + Queued; i++)
            ThreadPool.QueueUserWorkItem(block);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Ask(Host host, Track track)
    {
        host.Arrive(track.Next<PoolSaturated>());
        GC.KeepAlive(_answer.Task.Result);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Read(Host host, Track track)
    {
        using var client = new TcpClient();
        client.Connect((IPEndPoint)_silent.LocalEndpoint);
        NetworkStream stream = client.GetStream();
        host.Arrive(track.Next<PoolSaturated>(), inManagedCode: false);
        GC.KeepAlive(stream.ReadByte());
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Work(Host host, Track track)
    {
        host.Arrive(track.Here<PoolSaturated>(), inManagedCode: false);
        while (true)
            Thread.SpinWait(1000);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Block(Host host, Track track)
    {
        host.Park(track.Here<PoolSaturated>());
        GC.KeepAlive(track);
    }
}
