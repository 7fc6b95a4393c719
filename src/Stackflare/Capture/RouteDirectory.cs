using System.Globalization;
using System.Runtime.Versioning;
using Stackflare.Interop;

namespace Stackflare.Capture;

/// <summary>
/// A directory of ours within what a process sees as its temporary directory, for what it cannot reach otherwise. Only we can
/// write to it; its name is random, and nothing in it is followed or overwritten. It is removed with the route. A tool that was
/// killed cannot remove its directory, so each run removes those of runs that are no more.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class RouteDirectory
{
    private const string Prefix = "stackflare-", ProbeName = "probe.so", SocketName = "s";
    private const UnixFileMode Ours = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Enter = UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode Load = UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupRead
        | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private static readonly TimeSpan OldEnough = TimeSpan.FromMinutes(10);

    private readonly string _here, _there;
    private readonly List<Action> _cleanup;

    private RouteDirectory(string here, string there, List<Action> cleanup)
    {
        _here = here;
        _there = there;
        _cleanup = cleanup;
    }

    /// <summary>The socket, as we open it.</summary>
    public string SocketPath => $"{_here}/{SocketName}";

    /// <summary>The socket, as the process opens it.</summary>
    public string SocketAddress => $"{_there}/{SocketName}";

    public static RouteDirectory Create(TargetProcess target, List<Action> cleanup)
    {
        string? lastFailure = null;
        foreach (string parent in new[] { target.TempDirectory, "/tmp", "/var/tmp", "/dev/shm" }.Distinct())
        {
            string root = target.RootPrefix + parent;
            if (!Directory.Exists(root) || MountOptions.ForbidExecution(target.Pid, parent))
                continue;
            RemoveStale(root);
            string name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{Guid.NewGuid():N}");
            try
            {
                // Another user's process has to be able to enter; it cannot list what is there.
                UnixFileMode mode = target.User == Posix.EffectiveUser() ? Ours : Ours | Enter;
                Directory.CreateDirectory($"{root}/{name}", mode);
                File.SetUnixFileMode($"{root}/{name}", mode); // whatever the umask took away
                cleanup.Add(() => Directory.Delete($"{root}/{name}"));
                return new RouteDirectory($"{root}/{name}", $"{parent}/{name}", cleanup);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                lastFailure = e.Message;
            }
        }
        throw new ProbeException(
            $"There is no directory that process {target.Pid} could load the probe from" + (lastFailure is null ? "." : $": {lastFailure}."),
            "One of its TMPDIR, /tmp, /var/tmp and /dev/shm has to be writable and mounted without noexec.");
    }

    /// <summary>Writes the probe. Returns its path as the process opens it.</summary>
    public string WriteProbe(ReadOnlySpan<byte> probe)
    {
        string path = $"{_here}/{ProbeName}";
        using (var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Ours }))
            file.Write(probe);
        _cleanup.Add(() => File.Delete(path));
        File.SetUnixFileMode(path, Load);
        return $"{_there}/{ProbeName}";
    }

    /// <summary>Lets the process, which may be another user's, connect to the socket; who connects is checked.</summary>
    public void OpenSocketToTarget()
    {
        _cleanup.Add(() => File.Delete(SocketPath));
        const UnixFileMode connect = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
        File.SetUnixFileMode(SocketPath, connect);
    }

    private static void RemoveStale(string root)
    {
        try
        {
            foreach (string directory in Directory.EnumerateDirectories(root, Prefix + "*-*"))
            {
                string[] parts = Path.GetFileName(directory).Split('-');
                // The id may be that of a tool in another container with the same directory: a young one is left alone.
                bool isGone = int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
                    && !Directory.Exists($"/proc/{pid}") && Directory.GetLastWriteTimeUtc(directory) < DateTime.UtcNow - OldEnough;
                if (isGone && Posix.Status(directory, out FileStatus status) == 0 && status.User == Posix.EffectiveUser())
                    Directory.Delete(directory, recursive: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody else removed it first, or it is not ours to remove.
        }
    }
}
