using System.Buffers.Binary;
using System.Text;
using Stackflare.Interop;
using Stackflare.Processes;
using Stackflare.Snapshots.Format;

namespace Stackflare.Capture.Probe;

/// <summary>
/// The needed parts of the diagnostics protocol, which every CoreCLR process serves on a socket: attach a profiler, and query the runtime.
/// <see cref="DiagnosticsSocket"/> finds the socket.
/// </summary>
internal static class DiagnosticsPort
{
    private const int HeaderBytes = 20;
    private const byte ProfilerCommandSet = 0x03, AttachProfilerCommand = 0x01;
    private const byte ProcessCommandSet = 0x04, ProcessInfo2Command = 0x04;

    private static ReadOnlySpan<byte> Magic => "DOTNET_IPC_V1\0"u8;

    /// <summary>The bytes of the command that queries the runtime: ProcessInfo2, which exists since .NET 6.</summary>
    public static byte[] ProcessInfoCommand()
    {
        var message = new byte[HeaderBytes];
        Magic.CopyTo(message);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(14), HeaderBytes);
        message[16] = ProcessCommandSet;
        message[17] = ProcessInfo2Command;
        return message;
    }

    /// <summary>The bytes of the command that loads a profiler from a path and passes data to it.</summary>
    /// <param name="libraryPath">The profiler.</param>
    /// <param name="profiler">The class of profiler: the first part of the class id; the rest is zero.</param>
    /// <param name="clientData">The data.</param>
    /// <param name="timeout">How long the runtime may wait for a background collection, if the profiler requests that.</param>
    public static byte[] AttachCommand(string libraryPath, ProfilerClass profiler, ReadOnlySpan<byte> clientData, TimeSpan timeout)
    {
        int pathBytes = (libraryPath.Length + 1) * 2;
        int size = HeaderBytes + 4 + 16 + 4 + pathBytes + 4 + clientData.Length;
        var message = new byte[size];
        Span<byte> rest = message;
        Magic.CopyTo(rest);
        BinaryPrimitives.WriteUInt16LittleEndian(rest[14..], checked((ushort)size));
        rest[16] = ProfilerCommandSet;
        rest[17] = AttachProfilerCommand;
        rest = rest[HeaderBytes..];
        BinaryPrimitives.WriteUInt32LittleEndian(rest, (uint)timeout.TotalMilliseconds);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[4..], (uint)profiler);
        rest = rest[(4 + 16)..];
        BinaryPrimitives.WriteInt32LittleEndian(rest, libraryPath.Length + 1);
        Encoding.Unicode.GetBytes(libraryPath, rest[4..]);
        rest = rest[(4 + pathBytes)..];
        BinaryPrimitives.WriteInt32LittleEndian(rest, clientData.Length);
        clientData.CopyTo(rest[4..]);
        return message;
    }

    /// <summary>Reads the answer to a command: the runtime's HRESULT; null if it closed the connection or the time is up.</summary>
    public static int? ReadAnswer(UnixSocket socket, Deadline deadline)
    {
        Span<byte> answer = stackalloc byte[HeaderBytes + 4];
        return socket.ReceiveFull(answer, deadline) == answer.Length && answer.StartsWith(Magic)
            ? BinaryPrimitives.ReadInt32LittleEndian(answer[HeaderBytes..])
            : null;
    }
}
