using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Stackflare.Interop;
using Stackflare.Model;
using Stackflare.Outputs;

namespace Stackflare.Http;

/// <summary>Where a listener is: the path of a Unix socket, or a loopback port. Nothing else can be named.</summary>
internal sealed class ListenAddress
{
    private const string UnixScheme = "unix:", HttpScheme = "http://";

    private readonly byte[] _host;
    private readonly string _name;

    private ListenAddress(string path)
    {
        (Path, _host, _name) = (path, [], "");
        Kernel = Posix.UnixAddress(path);
    }

    private ListenAddress(IPAddress host, string name, ushort port)
    {
        (_host, _name, Port) = (host.GetAddressBytes(), name, port);
        Kernel = Posix.InternetAddress(_host, port);
    }

    /// <summary>Null for a port.</summary>
    public string? Path { get; }

    /// <summary>0 for a socket, and for any free port.</summary>
    public ushort Port { get; }

    /// <summary>The address for system calls.</summary>
    public byte[] Kernel { get; }

    /// <summary>The same host with another port.</summary>
    public ListenAddress WithPort(int port) => Path is null ? new ListenAddress(new IPAddress(_host), _name, (ushort)port) : this;

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public override string ToString() => Path is null ? string.Create(CultureInfo.InvariantCulture, $"{HttpScheme}{_name}:{Port}") : UnixScheme + Path;

    /// <exception cref="StackflareException">The text is not an address at which a listener can be.</exception>
    public static ListenAddress Parse(string text)
    {
        if (text.StartsWith(UnixScheme, StringComparison.OrdinalIgnoreCase))
            return ParsePath(text, text[UnixScheme.Length..]);
        if (text.StartsWith(HttpScheme, StringComparison.OrdinalIgnoreCase))
            return ParsePort(text, text[HttpScheme.Length..]);
        throw Invalid(text, "is not an address");
    }

    /// <summary>The loopback address of a name or number; null if it is none. Names are not resolved: a resolver could be told another address.</summary>
    public static IPAddress? Loopback(string host)
    {
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            return IPAddress.Loopback;
        if (host is ['[', .., ']'])
            return IPAddress.TryParse(host, out IPAddress? six) && six.Equals(IPAddress.IPv6Loopback) ? six : null;
        return IPAddress.TryParse(host, out IPAddress? four) && four.AddressFamily == AddressFamily.InterNetwork && IPAddress.IsLoopback(four) ? four : null;
    }

    /// <summary>Splits <c>host:port</c>. The port is empty if there is none.</summary>
    public static (string Host, string Port) Split(string authority)
    {
        int colon = authority.LastIndexOf(':');
        return colon < 0 || authority.EndsWith(']') ? (authority, "") : (authority[..colon], authority[(colon + 1)..]);
    }

    private static ListenAddress ParsePath(string text, string path)
    {
        if (path.Length < 2 || path[0] != '/' || path[^1] == '/' || path.Contains('\0', StringComparison.Ordinal))
            throw Invalid(text, "has no absolute path of a file");
        try
        {
            return new ListenAddress(new PathPattern(path).For(Environment.ProcessId, DateTimeOffset.UtcNow));
        }
        catch (ArgumentException e)
        {
            throw Invalid(text, $"cannot be used: {e.Message.Split(" (Parameter", 2)[0].TrimEnd('.')}");
        }
    }

    private static ListenAddress ParsePort(string text, string authority)
    {
        (string host, string digits) = Split(authority.TrimEnd('/'));
        if (Loopback(host) is not { } address)
            throw Invalid(text, "is not at a loopback address");
        if (!ushort.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
            throw Invalid(text, "has no port");
        return new ListenAddress(address, host, port);
    }

    private static StackflareException Invalid(string text, string problem) => new(
        StackflareError.ListenFailed, $"The address '{EscapedText.Plain(text)}' of the listener {problem}.",
        "Use a Unix socket, as in 'unix:/run/app/stackflare.sock', or a loopback port, as in 'http://127.0.0.1:9123'.");
}
