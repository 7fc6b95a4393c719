using System.Net;
using System.Net.Sockets;

namespace HangingApi;

/// <summary>Takes every connection and answers none.</summary>
internal sealed class SilentBackend
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Socket> _connections = [];

    public SilentBackend()
    {
        _listener.Start(1000);
        new Thread(Accept) { IsBackground = true, Name = "backend" }.Start();
    }

    public Uri Address => new($"http://{_listener.LocalEndpoint}");

    private void Accept()
    {
        while (true)
            _connections.Add(_listener.AcceptSocket());
    }
}
