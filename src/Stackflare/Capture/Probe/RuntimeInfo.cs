using System.Buffers.Binary;
using System.Text;
using Stackflare.Interop;

namespace Stackflare.Capture.Probe;

/// <summary>What a runtime says of itself when it is asked at its diagnostics socket. For what /proc does not tell, or cannot be seen.</summary>
/// <param name="CommandLine">The command line that the process began with.</param>
/// <param name="EntryAssembly">The name of the program's assembly; empty before it is loaded.</param>
/// <param name="Version">The runtime's version; null where it is no version that is understood.</param>
internal sealed record RuntimeInfo(string CommandLine, string EntryAssembly, Version? Version)
{
    private const int HeaderBytes = 20, FixedBytes = 8 + 16, MostBytes = 64 << 10;

    /// <summary>Asks. Null when there is no answer in time, or none that is understood.</summary>
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
            if (size is < FixedBytes or > MostBytes)
                return null;
            byte[] body = new byte[size];
            return socket.ReceiveFull(body, deadline) == size ? Parse(body) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The answer to ProcessInfo2: id and cookie, then command line, system, processor, entry assembly, version.</summary>
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
        // A preview has more behind a dash.
        string version = texts[4].Split('-', '+')[0];
        return new RuntimeInfo(texts[0], texts[3], Version.TryParse(version, out Version? parsed) ? parsed : null);
    }

    /// <summary>A count of UTF-16 units with the zero at the end, and the units.</summary>
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
