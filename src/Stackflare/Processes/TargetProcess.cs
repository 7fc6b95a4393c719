using System.Globalization;
using System.Text;
using Stackflare.Interop;
using Stackflare.Model;

namespace Stackflare.Processes;

/// <summary>
/// What a dump needs to know of another process: its user, its runtime, and which
/// namespaces it shares with us. Everything is read from /proc; the process is not touched.
/// </summary>
internal sealed class TargetProcess
{
    private const int StatusBytes = 8192, KernelParent = 2;

    private TargetRuntime? _runtime;

    private TargetProcess(int pid, int namespacePid, uint user)
    {
        Pid = pid;
        NamespacePid = namespacePid;
        User = user;
    }

    /// <summary>Its id in our pid namespace; 0 if it is not visible.</summary>
    public int Pid { get; }

    /// <summary>Whether it is in our /proc.</summary>
    public bool IsVisible => Pid != 0;

    /// <summary>The id for messages.</summary>
    public int ShownPid => IsVisible ? Pid : NamespacePid;

    /// <summary>Its id in its own pid namespace, which differs in a container.</summary>
    public int NamespacePid { get; }

    /// <summary>The effective user.</summary>
    public uint User { get; }

    /// <summary>The start time in ticks since boot. Together with the id, it identifies the process.</summary>
    public long StartTicks { get; private init; }

    /// <summary>Its diagnostics socket, if nothing else of it is visible; null for a process in /proc.</summary>
    public string? SocketPath { get; private init; }

    /// <summary>The prefix for opening its paths: empty in our own mount namespace.</summary>
    public required string RootPrefix { get; init; }

    /// <summary>Whether it sees the same abstract sockets.</summary>
    public required bool SharesNetwork { get; init; }

    /// <summary>Whether it sees our <c>/proc/{pid}</c>.</summary>
    public required bool SharesProcesses { get; init; }

    /// <summary>Whether its clocks are known to be those of this process.</summary>
    public bool SharesClock { get; private init; }

    /// <summary>Its runtime's temporary directory, as the process sees it.</summary>
    public required string TempDirectory { get; init; }

    /// <summary>Its environment when it was started; empty if it is not visible.</summary>
    public ProcessEnvironment Environment { get; private init; } = ProcessEnvironment.Empty;

    /// <summary>Its runtime. Determined on first use, because the kernel writes the whole memory map for that, under a lock of the process.</summary>
    /// <exception cref="StackflareException">It has ended meanwhile, or its map cannot be read.</exception>
    public TargetRuntime Runtime => _runtime ??= FindRuntime();

    /// <summary>Its executable, which may be a single-file bundle.</summary>
    public string ExecutablePath => $"/proc/{Pid}/exe";

    /// <summary>Reads a process's information.</summary>
    /// <exception cref="StackflareException">There is no such process, or it belongs to another user.</exception>
    public static TargetProcess Inspect(int pid)
    {
        // Read first: what is read afterwards belongs to the process with this start time, or to none.
        long startTicks = ProcessFiles.StartTicks(pid);
        Dictionary<string, string> status = ReadStatus(pid);
        uint user = uint.Parse(Field(status, "Uid", 1), NumberStyles.None, CultureInfo.InvariantCulture);
        uint own = Posix.EffectiveUser();
        if (own != 0 && own != user)
            throw StackflareException.AnotherUser(pid, user);
        string inNamespace = Field(status, "NSpid", -1);
        int namespacePid = inNamespace.Length > 0 ? int.Parse(inNamespace, CultureInfo.InvariantCulture) : pid;
        if (Link($"/proc/{pid}/root") is null)
            return WithMoreRights(pid, namespacePid, user, startTicks);
        // A process with another root directory (chroot) shares the mounts but not the paths.
        bool sameMounts = Shares(pid, "ns/mnt") && Shares(pid, "root");
        var environment = ProcessEnvironment.Read(pid);
        return new TargetProcess(pid, namespacePid, user)
        {
            StartTicks = startTicks,
            Environment = environment,
            RootPrefix = sameMounts ? "" : $"/proc/{pid}/root",
            SharesNetwork = Shares(pid, "ns/net"),
            SharesProcesses = sameMounts && Shares(pid, "ns/pid"),
            SharesClock = Shares(pid, "ns/time"),
            // A relative TMPDIR is useless, because its base is not known.
            TempDirectory = environment.Get("TMPDIR") is ['/', ..] set ? set.TrimEnd('/') : DiagnosticsSocket.UsualDirectory,
        };
    }

    /// <summary>
    /// A process with capabilities that we do not have. The kernel shows only its status, even for our own user, but its
    /// runtime answers. If its socket is where ours would be, we assume that it shares our namespaces.
    /// </summary>
    private static TargetProcess WithMoreRights(int pid, int namespacePid, uint user, long startTicks)
    {
        foreach (string directory in (ReadOnlySpan<string>)[Path.GetTempPath().TrimEnd('/'), DiagnosticsSocket.UsualDirectory])
        {
            string path = Path.Combine(directory, DiagnosticsSocket.SocketName(namespacePid, startTicks));
            if (Posix.Status(path, out FileStatus status) == 0 && status.User == user)
            {
                return new TargetProcess(pid, namespacePid, user)
                {
                    StartTicks = startTicks,
                    SocketPath = path,
                    RootPrefix = "",
                    SharesNetwork = true,
                    SharesProcesses = true,
                    TempDirectory = directory,
                    _runtime = TargetRuntime.NotSeen,
                };
            }
        }
        _ = ReadStatus(pid);
        throw StackflareException.MoreRights(pid);
    }

    /// <summary>
    /// A process that is not visible, in another container with which we share a directory. Identified by the socket that its runtime has created
    /// there.
    /// </summary>
    /// <exception cref="StackflareException">There is no such socket, or it belongs to another user.</exception>
    public static TargetProcess AtSocket(string path)
    {
        path = Path.GetFullPath(path);
        string name = Path.GetFileName(path);
        string[] parts = name.Split('-');
        if (parts is not ["dotnet", "diagnostic", _, _, "socket"] || !int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
            || Posix.Status(path, out FileStatus status) != 0)
        {
            throw new StackflareException(
                StackflareError.DiagnosticsUnreachable,
                $"There is no diagnostics socket '{EscapedText.Plain(path)}'.", "A runtime's socket is named dotnet-diagnostic-{pid}-{start}-socket.");
        }
        uint own = Posix.EffectiveUser();
        if (own != 0 && own != status.User)
            throw StackflareException.AnotherUser(pid, status.User);
        return new TargetProcess(0, pid, status.User)
        {
            SocketPath = path,
            RootPrefix = "",
            SharesNetwork = false,
            SharesProcesses = false,
            TempDirectory = Path.GetDirectoryName(path)!,
            _runtime = TargetRuntime.NotSeen,
        };
    }

    /// <summary>Whether the kernel has stopped the process (SIGSTOP, a debugger), so that it cannot answer.</summary>
    public bool IsStopped()
    {
        Span<byte> buffer = stackalloc byte[1024];
        return IsVisible && ProcessFiles.ParseStat(ProcFile.Read($"/proc/{Pid}/stat", buffer)) is { State: 'T' or 't' };
    }

    /// <summary>Whether the process has ended, also if its parent has not taken notice of that yet (a zombie).</summary>
    public bool HasEnded()
    {
        Span<byte> buffer = stackalloc byte[1024];
        return ProcessFiles.ParseStat(ProcFile.Read($"/proc/{Pid}/stat", buffer)) is not { State: not ('Z' or 'X') } stat || stat.StartTicks != StartTicks;
    }

    private TargetRuntime FindRuntime()
    {
        TargetRuntime runtime = TargetRuntime.Inspect(Pid);
        // A process that ends during the reading shows no runtime either.
        if (runtime.Kind == RuntimeKind.None)
            _ = ReadStatus(Pid);
        return runtime;
    }

    private static Dictionary<string, string> ReadStatus(int pid)
    {
        Span<byte> buffer = stackalloc byte[StatusBytes];
        string text = Encoding.UTF8.GetString(ProcFile.Read($"/proc/{pid}/status", buffer));
        var fields = new Dictionary<string, string>();
        foreach (string line in text.Split('\n'))
        {
            int colon = line.IndexOf(':');
            if (colon > 0)
                fields[line[..colon]] = line[(colon + 1)..].Trim();
        }
        // A zombie has no memory and no threads. A process that is about to end has already released
        // its memory. Kernel threads, whose parent has id 2, never have memory.
        return fields.TryGetValue("State", out string? state) && !state.StartsWith('Z') && !state.StartsWith('X') && fields.ContainsKey("Uid")
            && (fields.ContainsKey("VmSize") || pid == KernelParent || Field(fields, "PPid", 0) is "2")
            ? fields
            : throw StackflareException.NoSuchProcess($"There is no process {pid}.");
    }

    /// <summary>The n-th number of a field, or its last for -1; empty if there is none.</summary>
    private static string Field(Dictionary<string, string> status, string name, int index)
    {
        if (!status.TryGetValue(name, out string? value))
            return "";
        string[] numbers = value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return numbers.Length == 0 ? "" : numbers[index < 0 ? ^1 : Math.Min(index, numbers.Length - 1)];
    }

    private static bool Shares(int pid, string link) => Link($"/proc/{pid}/{link}") is { } theirs && theirs == Link($"/proc/self/{link}");

    /// <summary>
    /// The text of a kernel link, such as "mnt:[…]". Resolving it would give "/proc/{pid}/ns/mnt:[…]", which is different for each process. Null
    /// if it cannot be read.
    /// </summary>
    private static string? Link(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
