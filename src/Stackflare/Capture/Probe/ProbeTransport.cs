using System.Globalization;
using System.Runtime.Versioning;
using Stackflare.Interop;
using Stackflare.Processes;

namespace Stackflare.Capture.Probe;

/// <summary>
/// The way to a process and back: its diagnostics socket, the probe by a path that it can open, and a socket on which the snapshot
/// comes. Whatever had to be made for that is gone when the route is disposed.
/// </summary>
internal sealed class ProbeTransport : IDisposable
{
    private TransportDirectory? _directory;

    private ProbeTransport(int pid, RootedPath socketPath)
    {
        Pid = pid;
        SocketPath = socketPath;
    }

    /// <summary>The process, as we see it; 0 for one that we do not see.</summary>
    public int Pid { get; }

    /// <summary>The runtime's diagnostics socket.</summary>
    public RootedPath SocketPath { get; }

    /// <summary>The probe, as the process can open it.</summary>
    public string ProbePath { get; private set; } = "";

    /// <summary>Where the probe connects to, as the process sees it.</summary>
    public string Address { get; private set; } = "";

    public UnixSocket Listener { get; private set; } = null!;

    /// <summary>To our own process: the probe is loaded already, and an abstract socket leaves nothing behind whatever happens.</summary>
    /// <exception cref="StackflareException">There is no way; the error says why.</exception>
    public static ProbeTransport ToSelf(string probePath)
    {
        var route = new ProbeTransport(Environment.ProcessId, DiagnosticsSocket.FindOwn()) { ProbePath = probePath };
        route.ListenAbstract();
        return route;
    }

    /// <summary>
    /// To another process. Where it may open files by our /proc, the probe is a file in memory, which vanishes with us even if we are
    /// killed. Elsewhere (another user's process, a container) it is a file in a directory of ours within what the process sees as
    /// its temporary directory.
    /// </summary>
    /// <param name="target">The process.</param>
    /// <param name="probe">The probe's bytes.</param>
    /// <param name="useMemory">False where the process was found not to load files from memory.</param>
    /// <param name="memory">The probe in memory, made when it is first needed and kept by the caller for the next time: musl never unloads
    /// a library, and of one that it has loaded already it loads no second.</param>
    /// <exception cref="StackflareException">There is no way; the error says why.</exception>
    [SupportedOSPlatform("linux")]
    public static ProbeTransport To(TargetProcess target, ReadOnlySpan<byte> probe, bool useMemory, ref MemoryFile? memory)
    {
        var route = new ProbeTransport(target.Pid, DiagnosticsSocket.Find(target));
        bool isDone = false;
        try
        {
            if (useMemory && CanUseMemory(target))
                memory ??= MemoryFile.Create(probe);
            string? inMemory = useMemory ? memory?.Path : null;
            if (inMemory is null || !target.SharesNetwork)
                route._directory = TransportDirectory.Create(target);
            route.ProbePath = inMemory ?? route._directory!.WriteProbe(probe);
            if (target.SharesNetwork)
                route.ListenAbstract();
            else
                (route.Address, route.Listener) = (route._directory!.SocketAddress, route._directory.Listen());
            isDone = true;
            return route;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StackflareException(
                StackflareError.ProbeUnavailable,
                string.Create(CultureInfo.InvariantCulture, $"The probe cannot be brought to process {target.ShownPid}: {e.Message.TrimEnd('.')}."),
                "See that its temporary directory can be written to and has room.", e);
        }
        finally
        {
            if (!isDone)
                route.Dispose();
        }
    }

    /// <summary>Whether the probe can be handed over in memory: the process must see our /proc, and the kernel lets only our own user in.</summary>
    public static bool CanUseMemory(TargetProcess target) => target.SharesProcesses && target.User == Posix.EffectiveUser();

    /// <summary>To be told as soon as the probe runs: from then on it needs no file.</summary>
    public void ProbeIsLoaded() => _directory?.RemoveProbe();

    /// <summary>Removes what was made, for a process that is about to end. From any thread: what its owner may be using stays open.</summary>
    public void RemoveFiles() => _directory?.RemoveFiles();

    public void Dispose()
    {
        Listener?.Dispose();
        _directory?.Dispose();
        _directory = null;
    }

    private void ListenAbstract()
    {
        Address = $"@stackflare-{Guid.NewGuid():N}";
        Listener = UnixSocket.Listen(Address);
    }
}
