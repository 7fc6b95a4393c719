using System.Buffers.Binary;
using System.Text;
using Stackflare.Interop;

namespace Stackflare.Capture.Probe;

/// <summary>A runtime's answer to a query on its diagnostics socket. Used if /proc does not show the information or is not visible.</summary>
/// <param name="CommandLine">The command line that started the process.</param>
/// <param name="EntryAssembly">The name of the program's assembly; empty before it is loaded.</param>
/// <param name="Version">The runtime's version; null if it could not be parsed.</param>
internal sealed record RuntimeInfo(string CommandLine, string EntryAssembly, Version? Version)
{
    private const int HeaderBytes = 20, FixedBytes = 8 + 16, MaxBytes = 64 << 10;

    /// <summary>Queries a runtime. Null if there is no valid answer in time.</summary>
    public static RuntimeInfo? Ask(RootedPath socketPath, TimeSpan limit)
    {
        var deadline = Deadline.In(limit);
        try
        {
            using UnixSocket socket = UnixSocket.Connect(socketPath, deadline);
            socket.SendAll(DiagnosticsPort.ProcessInfoCommand());
            Span<byte> header = stackalloc byte[HeaderBytes];
            if (socket.ReceiveFull(header, deadline) < HeaderBytes)
                return null;
            int size = BinaryPrimitives.ReadUInt16LittleEndian(header[14..]) - HeaderBytes;
            if (size is < FixedBytes or > MaxBytes)
                return null;
            byte[] body = new byte[size];
            return socket.ReceiveFull(body, deadline) == size ? Parse(body) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The answer to ProcessInfo2: id, cookie, command line, system, processor, entry assembly, version.</summary>
    internal static RuntimeInfo? Parse(ReadOnlySpan<byte> body)
    {
        int at = FixedBytes;
        var texts = new string[5];
        for (int i = 0; i < texts.Length; i++)
        {
            if (Text(body, ref at) is not { } text)
                return null;
            texts[i] = text;
        }
        // A preview version has a suffix.
        string version = texts[4].Split('-', '+')[0];
        return new RuntimeInfo(texts[0], texts[3], Version.TryParse(version, out Version? parsed) ? parsed : null);
    }

    /// <summary>A count of UTF-16 units including the final zero, then the units.</summary>
    private static string? Text(ReadOnlySpan<byte> body, ref int at)
    {
        if (body.Length - at < 4)
            return null;
        uint units = BinaryPrimitives.ReadUInt32LittleEndian(body[at..]);
        at += 4;
        if (units > (uint)(body.Length - at) / 2)
            return null;
        string text = Encoding.Unicode.GetString(body.Slice(at, (int)units * 2)).TrimEnd('\0');
        at += (int)units * 2;
        return text;
    }
}
