using Stackflare.Interop;

namespace Stackflare.Processes;

/// <summary>Where the socket is on which every CoreCLR process listens for diagnostic tools.</summary>
internal static class DiagnosticsSocket
{
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
        return _own = Find(pid, ProcessFiles.StartTicks(pid), "", directory, environment).Path;
    }

    /// <summary>Path of a process's socket, as we can open it.</summary>
    /// <exception cref="DiagnosticsDisabledException">The process was started without the port.</exception>
    /// <exception cref="StackflareException">The socket is not where the runtime makes it.</exception>
    public static RootedPath Find(TargetProcess target) => target.SocketPath is { } known ? known : Find(target.NamespacePid, target.StartTicks, target.RootPrefix, target.TempDirectory, ProcessEnvironment.Of(target.Pid));

    private static RootedPath Find(int namespacePid, long startTicks, string root, string directory, ProcessEnvironment environment)
    {
        // The runtime reads these once, at its start: what counts is the environment the process began with.
        foreach (string setting in DisablingSettings)
        {
            if (environment.Get(setting[..^2]) == "0")
                throw new DiagnosticsDisabledException(setting);
        }
        string name = SocketName(namespacePid, startTicks);
        var path = new RootedPath(root, Path.Combine(directory, name));
        if (SafeOpen.TryLook(path, out _))
            return path;
        // A host can have changed TMPDIR before it started the runtime, which the kernel's copy of the environment does not tell.
        var usual = new RootedPath(root, Path.Combine(UsualDirectory, name));
        return SafeOpen.TryLook(usual, out _)
            ? usual
            : throw new StackflareException(
                StackflareError.DiagnosticsUnreachable,
                $"The runtime's diagnostics socket '{path}' is not there.",
                SafeOpen.TryLook(new RootedPath(root, directory), out FileStatus status) && status.IsDirectory
                    ? $"The runtime makes it at its start, in TMPDIR or /tmp; see that it may write to '{directory}' and that nothing removes the socket."
                    : $"TMPDIR names '{directory}', which is not there; start the process with a TMPDIR that it can write to.");
    }

    /// <summary>The name of a process's socket. The start time makes it no other process's, also when ids are used again.</summary>
    public static string SocketName(int namespacePid, long startTicks) => $"dotnet-diagnostic-{namespacePid}-{startTicks}-socket";
}
