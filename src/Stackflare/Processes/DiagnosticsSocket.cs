using Stackflare.Interop;

namespace Stackflare.Processes;

/// <summary>Finds the socket on which every CoreCLR process listens for diagnostic tools.</summary>
internal static class DiagnosticsSocket
{
    /// <summary>The settings that disable the port, or the functions that Stackflare uses.</summary>
    private static readonly string[] DisablingSettings =
    [
        "DOTNET_EnableDiagnostics=0", "COMPlus_EnableDiagnostics=0",
        "DOTNET_EnableDiagnostics_IPC=0", "COMPlus_EnableDiagnostics_IPC=0",
        "DOTNET_EnableDiagnostics_Profiler=0", "COMPlus_EnableDiagnostics_Profiler=0",
    ];

    /// <summary>The directory of the sockets without a TMPDIR.</summary>
    public const string UsualDirectory = "/tmp";

    private static string? _own;

    /// <summary>Path of the current process's socket.</summary>
    /// <exception cref="DiagnosticsDisabledException">The process was started without the port.</exception>
    /// <exception cref="StackflareException">The socket does not exist where the runtime creates it.</exception>
    public static string FindOwn()
    {
        // The path does not change, so the initial environment need not be read for each dump.
        if (_own is { } known && File.Exists(known))
            return known;
        ProcessEnvironment environment = ProcessEnvironment.Read(Environment.ProcessId);
        string directory = environment.Get("TMPDIR") is { Length: > 0 } set ? set : UsualDirectory;
        int pid = Environment.ProcessId;
        return _own = Find(pid, pid, ProcessFiles.StartTicks(pid), "", directory, environment).Path;
    }

    /// <summary>Path of a process's socket, for opening it from this process.</summary>
    /// <exception cref="DiagnosticsDisabledException">The process was started without the port.</exception>
    /// <exception cref="StackflareException">The socket does not exist where the runtime creates it.</exception>
    public static RootedPath Find(TargetProcess target) => target.SocketPath is { } known
        ? known
        : Find(target.Pid, target.NamespacePid, target.StartTicks, target.RootPrefix, target.TempDirectory, target.Environment);

    /// <summary>Whether the process has a diagnostics socket that was removed, as when it shuts down, so that nothing can connect to it.</summary>
    public static bool IsRemoved(TargetProcess target) => target.IsVisible && OpenSockets.Has(target.Pid, SocketName(target.NamespacePid, target.StartTicks));

    private static RootedPath Find(int pid, int namespacePid, long startTicks, string root, string directory, ProcessEnvironment environment)
    {
        // The runtime reads these once, when it starts: the initial environment of the process counts.
        foreach (string setting in DisablingSettings)
        {
            if (environment.Get(setting[..^2]) == "0")
                throw new DiagnosticsDisabledException(setting);
        }
        string name = SocketName(namespacePid, startTicks);
        var path = new RootedPath(root, Path.Combine(directory, name));
        if (SafeOpen.TryLook(path, out _))
            return path;
        // A host can change TMPDIR before it starts the runtime. The kernel's copy of the environment does not show that.
        var usual = new RootedPath(root, Path.Combine(UsualDirectory, name));
        if (SafeOpen.TryLook(usual, out _))
            return usual;
        throw OpenSockets.Has(pid, name)
            ? new StackflareException(
                StackflareError.DiagnosticsUnreachable,
                $"The runtime's diagnostics socket '{path}' was removed, and the runtime still has it open: a runtime removes it when it begins to shut down (Environment.Exit, the end of Main, SIGTERM).",
                "If the process does not end, a handler of ProcessExit does not return; nothing can be asked of the runtime any more, but a core file has its stacks. If it is not shutting down, make sure that nothing removes the socket.")
            : new StackflareException(
                StackflareError.DiagnosticsUnreachable,
                $"The runtime's diagnostics socket '{path}' does not exist.",
                SafeOpen.TryLook(new RootedPath(root, directory), out FileStatus status) && status.IsDirectory
                    ? $"The runtime creates it when it starts, in TMPDIR or /tmp. Make sure that it can write to '{directory}' and that nothing removes the socket."
                    : $"TMPDIR names '{directory}', which does not exist. Start the process with a TMPDIR that it can write to.");
    }

    /// <summary>The name of a process's socket. The start time distinguishes processes with the same reused id.</summary>
    public static string SocketName(int namespacePid, long startTicks) => $"dotnet-diagnostic-{namespacePid}-{startTicks}-socket";
}
