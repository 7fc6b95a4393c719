using System.Net;
using System.Net.Sockets;
using System.Text;
using Stackflare.Http;

namespace Stackflare.Tests.Http;

/// <summary>A client that says exactly what a test wants it to say.</summary>
internal sealed class HttpExchange : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Socket _socket;

    public HttpExchange(DumpListener listener)
        : this(listener.ToString())
    {
    }

    private HttpExchange(string where)
    {
        var address = ListenAddress.Parse(where);
        EndPoint end = address.Path is { } path ? new UnixDomainSocketEndPoint(path) : new IPEndPoint(IPAddress.Loopback, address.Port);
        _socket = new Socket(end.AddressFamily, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = (int)Patience.TotalMilliseconds };
        _socket.Connect(end);
    }

    /// <summary>The whole response to one request.</summary>
    public static HttpAnswer Get(DumpListener listener, string target = "/", string headers = "Host: localhost\r\n", string method = "GET") =>
        Get(listener.ToString(), target, headers, method);

    /// <summary>The same, of a listener that is only known by its address.</summary>
    public static HttpAnswer Get(string where, string target = "/", string headers = "Host: localhost\r\n", string method = "GET")
    {
        using var exchange = new HttpExchange(where);
        exchange.Send($"{method} {target} HTTP/1.1\r\n{headers}\r\n");
        return exchange.Answer();
    }

    public void Send(string text) => Send(Encoding.Latin1.GetBytes(text));

    public void Send(byte[] bytes)
    {
        for (int sent = 0; sent < bytes.Length;)
            sent += _socket.Send(bytes.AsSpan(sent));
    }

    /// <summary>Reads until the other end closes. Empty if it closes without an answer.</summary>
    public HttpAnswer Answer()
    {
        using var bytes = new MemoryStream();
        byte[] buffer = new byte[64 << 10];
        try
        {
            while (_socket.Receive(buffer) is var count and > 0)
                bytes.Write(buffer, 0, count);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // It was closed with unread bytes.
        }
        return HttpAnswer.Parse(Encoding.UTF8.GetString(bytes.ToArray()));
    }

    public void Dispose() => _socket.Dispose();
}

/// <summary>A response.</summary>
internal sealed record HttpAnswer(int Status, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public static HttpAnswer Parse(string text)
    {
        if (text.Length == 0)
            return new HttpAnswer(0, new Dictionary<string, string>(), "");
        string[] parts = text.Split("\r\n\r\n", 2);
        string[] lines = parts[0].Split("\r\n");
        Assert.StartsWith("HTTP/1.1 ", lines[0], StringComparison.Ordinal);
        Dictionary<string, string> headers = lines.Skip(1).Select(l => l.Split(": ", 2)).ToDictionary(p => p[0], p => p[1]);
        var answer = new HttpAnswer(int.Parse(lines[0].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture), headers, parts[1]);
        if (answer.Body.Length > 0)
            Assert.Equal(headers["Content-Length"], $"{Encoding.UTF8.GetByteCount(answer.Body)}");
        Assert.Equal(("close", "no-store", "nosniff"), (headers["Connection"], headers["Cache-Control"], headers["X-Content-Type-Options"]));
        Assert.DoesNotContain("Server", headers.Keys);
        return answer;
    }
}
