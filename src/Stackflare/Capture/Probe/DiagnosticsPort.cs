using System.Buffers.Binary;
using System.Text;
using Stackflare.Interop;
using Stackflare.Processes;
using Stackflare.Snapshots.Format;

namespace Stackflare.Capture.Probe;

/// <summary>
/// The socket on which every CoreCLR process listens for diagnostic tools, and the one command of its protocol that is needed:
/// attach a profiler.
/// </summary>
internal static class DiagnosticsPort
{
    private const int HeaderBytes = 20;
    private const byte ProfilerCommandSet = 0x03, AttachProfilerCommand = 0x01;
    private const byte ProcessCommandSet = 0x04, ProcessInfo2Command = 0x04;

    private static ReadOnlySpan<byte> Magic => "DOTNET_IPC_V1\0"u8;

    /// <summary>The settings that switch off the port, or the use that is made of it here.</summary>
    private static readonly string[] DisablingSettings =
    [
        "DOTNET_EnableDiagnostics=0", "COMPlus_EnableDiagnostics=0",
        "DOTNET_EnableDiagnostics_IPC=0", "COMPlus_EnableDiagnostics_IPC=0",
        "DOTNET_EnableDiagnostics_Profiler=0", "COMPlus_EnableDiagnostics_Profiler=0",
    ];

    /// <summary>Where sockets are without a TMPDIR.</summary>
    public const string UsualDirectory = "/tmp";

    private static string? _own;

    /// <summary>Path of our own process's socket.</summary>
    /// <exception cref="DiagnosticsDisabledException">The process was started without the port.</exception>
    /// <exception cref="StackflareException">The socket is not where the runtime makes it.</exception>
    public static string FindOwn()
    {
        // It does not change, and what a process began with has not to be read for each dump.
        if (_own is { } known && File.Exists(known))
            return known;
        ProcessEnvironment environment = ProcessEnvironment.Of(Environment.ProcessId);
        string directory = environment.Get("TMPDIR") is { Length: > 0 } set ? set : UsualDirectory;
        int pid = Environment.ProcessId;
        return _own = Find(pid, ProcessFiles.StartTicks(pid), "", directory, environment);
    }

    /// <summary>Path of a process's socket, as we can open it.</summary>
    /// <exception cref="DiagnosticsDisabledException">The process was started without the port.</exception>
    /// <exception cref="StackflareException">The socket is not where the runtime makes it.</exception>
    public static string Find(TargetProcess target) => target.SocketPath ?? Find(target.NamespacePid, target.StartTicks, target.RootPrefix, target.TempDirectory, ProcessEnvironment.Of(target.Pid));

    private static string Find(int namespacePid, long startTicks, string root, string directory, ProcessEnvironment environment)
    {
        // The runtime reads these once, at its start: what counts is the environment the process began with.
        foreach (string setting in DisablingSettings)
        {
            if (environment.Get(setting[..^2]) == "0")
                throw new DiagnosticsDisabledException(setting);
        }
        string path = SocketPath(namespacePid, startTicks, root, directory);
        if (File.Exists(path))
            return path;
        // A host can have changed TMPDIR before it started the runtime, which the kernel's copy of the environment does not tell.
        string usual = SocketPath(namespacePid, startTicks, root, UsualDirectory);
        return File.Exists(usual)
            ? usual
            : throw new StackflareException(
                StackflareError.DiagnosticsUnreachable,
                $"The runtime's diagnostics socket '{path}' is not there.",
                Directory.Exists(root + directory)
                    ? $"The runtime makes it at its start, in TMPDIR or /tmp; see that it may write to '{directory}' and that nothing removes the socket."
                    : $"TMPDIR names '{directory}', which is not there; start the process with a TMPDIR that it can write to.");
    }

    /// <summary>Where a process's socket is if it has one. The start time makes it no other process's, also when ids are used again.</summary>
    public static string SocketPath(int namespacePid, long startTicks, string root, string directory) =>
        root + Path.Combine(directory, $"dotnet-diagnostic-{namespacePid}-{startTicks}-socket");

    /// <summary>The bytes of the command that asks the runtime about itself: ProcessInfo2, which all versions from .NET 6 on know.</summary>
    public static byte[] ProcessInfoCommand()
    {
        var message = new byte[HeaderBytes];
        Magic.CopyTo(message);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(14), HeaderBytes);
        message[16] = ProcessCommandSet;
        message[17] = ProcessInfo2Command;
        return message;
    }

    /// <summary>The bytes of the command that loads a profiler from a path and gives it data.</summary>
    /// <param name="libraryPath">The profiler.</param>
    /// <param name="profiler">As what it is to be loaded: the beginning of the class id, the rest of which is zero.</param>
    /// <param name="clientData">The data.</param>
    /// <param name="timeout">How long the runtime may wait for a background collection, if the profiler wants that.</param>
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

    /// <summary>Reads the answer to a command: the runtime's HRESULT; null when it closed the connection or the time was up.</summary>
    public static int? ReadAnswer(UnixSocket socket, Deadline deadline)
    {
        Span<byte> answer = stackalloc byte[HeaderBytes + 4];
        return socket.ReceiveFull(answer, deadline) == answer.Length && answer.StartsWith(Magic)
            ? BinaryPrimitives.ReadInt32LittleEndian(answer[HeaderBytes..])
            : null;
    }
}
