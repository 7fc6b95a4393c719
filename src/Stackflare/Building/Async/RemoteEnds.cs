using System.Buffers.Binary;
using System.Globalization;
using System.Net;

namespace Stackflare.Building.Async;

/// <summary>Reads the other end of the connection for which a socket operation waits, from the framework's own objects.</summary>
internal sealed class RemoteEnds(HeapObjects objects)
{
    /// <summary>The member of <c>SocketType</c>.</summary>
    private const int StreamSocket = 1;

    private readonly Dictionary<int, string?> _ends = [];

    /// <summary>The other end; null if it is not known, or if the operation has none: a socket that accepts connections.</summary>
    /// <param name="index">Index of a <c>SocketAsyncEventArgs</c>.</param>
    /// <param name="operation">The name of its operation; null if not known.</param>
    public string? Of(int index, string? operation)
    {
        int socket = objects.Reference(index, "_currentSocket");
        int own = objects.Reference(index, "_remoteEndPoint"), end = socket < 0 ? -1 : objects.Reference(socket, "_remoteEndPoint");
        end = operation switch
        {
            "Accept" => -1,
            "Connect" or "SendTo" => own,
            // A socket does not keep what it was connected to until it is asked. The operation that connected it is used again to receive. For a socket
            // without connections, it has a placeholder there.
            _ when end < 0 && socket >= 0 && objects.Number(socket, "_socketType") is StreamSocket => own,
            _ => end,
        };
        if (end < 0)
            return null;
        if (!_ends.TryGetValue(end, out string? text))
            _ends[end] = text = Text(end);
        return text;
    }

    private string? Text(int end) => objects.Definition(end) switch
    {
        "System.Net.IPEndPoint" when Address(objects.Reference(end, "_address")) is { } address && objects.Number(end, "_port") is >= IPEndPoint.MinPort and <= IPEndPoint.MaxPort and var port =>
            new IPEndPoint(address, port).ToString(),
        "System.Net.DnsEndPoint" when objects.Text(end, "_host") is { Length: > 0 } host && objects.Number(end, "_port") is { } port =>
            string.Create(CultureInfo.InvariantCulture, $"{host}:{port}"),
        "System.Net.Sockets.UnixDomainSocketEndPoint" when objects.Text(end, "_path") is { Length: > 0 } path => "unix:" + (path[0] == '\0' ? "@" + path[1..] : path),
        _ => null,
    };

    private IPAddress? Address(int address)
    {
        if (address < 0 || objects.Number(address, "_addressOrScopeId") is not { } number)
            return null;
        // An address of version 4 has no numbers.
        if (objects.Word(address, "_numbers") is 0)
            return new IPAddress((uint)number);
        ReadOnlySpan<char> numbers = objects.Characters(address, "_numbers");
        Span<byte> bytes = stackalloc byte[16];
        if (numbers.Length != bytes.Length / sizeof(ushort))
            return null;
        for (int i = 0; i < numbers.Length; i++)
            BinaryPrimitives.WriteUInt16BigEndian(bytes[(i * sizeof(ushort))..], numbers[i]);
        var whole = new IPAddress(bytes, (uint)number);
        return whole.IsIPv4MappedToIPv6 ? whole.MapToIPv4() : whole;
    }
}
