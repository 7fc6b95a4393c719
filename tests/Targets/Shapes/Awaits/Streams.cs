using System.IO.Pipes;
using System.Net;
using System.Net.Sockets;

namespace Stackflare.Targets.Shapes.Awaits;

/// <summary>Sockets, and streams over them, that nothing comes from.</summary>
internal sealed class Streams
{
    private const string Receive = "Receive", Accept = "Accept";

    private static readonly TcpListener Listener = new(IPAddress.Loopback, 0);

    public static void Begin(AsyncCases cases)
    {
        Listener.Start();
        cases.Begin("socket, receive", track => OnReceive(track, Connect()));
        cases.Begin("socket, receive into an array", track => OnReceiveInto(track, Connect()));
        cases.Begin("socket stream", track => OnStream(track, Connect()));
        cases.Begin("socket stream, line", track => OverLine(track, Connect()));
        cases.Begin("pipe, line", OverPipeLine);
        cases.Begin("socket, accept", OnAccept);
        cases.Begin("socket, accept with token", OnAcceptWithToken);
#if NET9_0_OR_GREATER
        cases.Begin("pipelines", OnPipelines);
#endif
    }

    private static Socket Connect()
    {
        var client = AsyncTrack.Keep(new Socket(SocketType.Stream, ProtocolType.Tcp));
        client.Connect((IPEndPoint)Listener.LocalEndpoint);
        AsyncTrack.Keep(Listener.AcceptSocket());
        return client;
    }

    private static async Task<int> OnReceive(AsyncTrack track, Socket socket)
    {
        var buffer = new byte[10].AsMemory();
        return await track.Here<Streams>().On(AsyncWaitKind.Socket, socket.ReceiveAsync(buffer, SocketFlags.None, CancellationToken.None), Receive);
    }

    private static async Task<int> OnReceiveInto(AsyncTrack track, Socket socket) =>
        await track.Here<Streams>().On(AsyncWaitKind.Socket, socket.ReceiveAsync(new byte[10], SocketFlags.None), Receive);

    private static async Task<int> OnStream(AsyncTrack track, Socket socket)
    {
        await using var stream = new NetworkStream(socket);
        return await track.Here<Streams>().On(AsyncWaitKind.Socket, stream.ReadAsync(new byte[10].AsMemory()), Receive);
    }

    private static async Task<string?> OverLine(AsyncTrack track, Socket socket)
    {
        using var reader = new StreamReader(new NetworkStream(socket));
        return await track.Here<Streams>().On(AsyncWaitKind.Socket, reader, Receive).ReadLineAsync();
    }

    private static async Task<string?> OverPipeLine(AsyncTrack track)
    {
        var pipe = AsyncTrack.Keep(new AnonymousPipeServerStream(PipeDirection.In));
        using var reader = new StreamReader(pipe);
        return await track.Here<Streams>().On(AsyncWaitKind.Socket, reader, Receive).ReadLineAsync();
    }

    private static async Task OnAccept(AsyncTrack track)
    {
        var listener = NewListener();
        await track.Here<Streams>().On(AsyncWaitKind.Socket, listener.AcceptSocketAsync(), Accept);
    }

    private static async Task OnAcceptWithToken(AsyncTrack track)
    {
        var listener = NewListener();
        using var off = new CancellationTokenSource();
        await track.Here<Streams>().On(AsyncWaitKind.Socket, listener.AcceptSocketAsync(off.Token), Accept);
    }

    private static TcpListener NewListener()
    {
        var listener = AsyncTrack.Keep(new TcpListener(IPAddress.Loopback, 0));
        listener.Start();
        return listener;
    }

#if NET9_0_OR_GREATER
    private static async Task OnPipelines(AsyncTrack track)
    {
        var pipe = AsyncTrack.Keep(new System.IO.Pipelines.Pipe());
        await track.Here<Streams>().On(AsyncWaitKind.Stream, pipe.Reader.ReadAsync(), "Read");
    }
#endif
}
