using System.Globalization;
using System.Runtime.Versioning;
using Stackflare.Interop;
using Stackflare.Processes;

namespace Stackflare.Capture.Probe;

/// <summary>
/// The connection to a process: its diagnostics socket, a path by which it can open the probe, and a socket for the
/// snapshot. Disposal removes everything that was created for it.
/// </summary>
internal sealed class ProbeTransport : IDisposable
{
    private TransportDirectory? _directory;

    private ProbeTransport(int pid, RootedPath socketPath)
    {
        Pid = pid;
        SocketPath = socketPath;
    }

    /// <summary>The process id in our namespace; 0 if the process is not visible.</summary>
    public int Pid { get; }

    /// <summary>The runtime's diagnostics socket.</summary>
    public RootedPath SocketPath { get; }

    /// <summary>The probe, as a path for the target process.</summary>
    public string ProbePath { get; private set; } = "";

    /// <summary>The address that the probe connects to, as the target process sees it.</summary>
    public string Address { get; private set; } = "";

    public UnixSocket Listener { get; private set; } = null!;

    /// <summary>A transport to the current process: the probe is already loaded, and an abstract socket leaves no file behind.</summary>
    /// <exception cref="StackflareException">No transport is possible; the error says why.</exception>
    public static ProbeTransport ToSelf(string probePath)
    {
        var transport = new ProbeTransport(Environment.ProcessId, DiagnosticsSocket.FindOwn()) { ProbePath = probePath };
        transport.ListenAbstract();
        return transport;
    }

    /// <summary>
    /// A transport to another process. If it can open files through our /proc entry, the probe is a file in memory, which disappears with this
    /// process, even if it is killed. Otherwise (another user's process, a container), it is a file in a directory of ours inside the target's
    /// temporary directory.
    /// </summary>
    /// <param name="target">The process.</param>
    /// <param name="probe">The probe's bytes.</param>
    /// <param name="useMemory">False if the process has failed to load a file from memory.</param>
    /// <param name="memory">The probe in memory. Created on first use, and kept by the caller for the next capture: musl never unloads
    /// a library, and loading the same file again does not add another copy.</param>
    /// <exception cref="StackflareException">No transport is possible; the error says why.</exception>
    [SupportedOSPlatform("linux")]
    public static ProbeTransport To(TargetProcess target, ReadOnlySpan<byte> probe, bool useMemory, ref MemoryFile? memory)
    {
        var transport = new ProbeTransport(target.Pid, DiagnosticsSocket.Find(target));
        bool isDone = false;
        try
        {
            if (useMemory && CanUseMemory(target))
                memory ??= MemoryFile.Create(probe);
            string? inMemory = useMemory ? memory?.Path : null;
            if (inMemory is null || !target.SharesNetwork)
                transport._directory = TransportDirectory.Create(target);
            transport.ProbePath = inMemory ?? transport._directory!.WriteProbe(probe);
            if (target.SharesNetwork)
                transport.ListenAbstract();
            else
                (transport.Address, transport.Listener) = (transport._directory!.SocketAddress, transport._directory.Listen());
            isDone = true;
            return transport;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StackflareException(
                StackflareError.ProbeUnavailable,
                string.Create(CultureInfo.InvariantCulture, $"The probe cannot be copied to process {target.ShownPid}: {e.Message.TrimEnd('.')}."),
                "Make sure that its temporary directory is writable and has free space.", e);
        }
        finally
        {
            if (!isDone)
                transport.Dispose();
        }
    }

    /// <summary>Whether the probe can be passed in memory: the process must see our /proc entry, and the kernel allows only the same user.</summary>
    public static bool CanUseMemory(TargetProcess target) => target.SharesProcesses && target.User == Posix.EffectiveUser();

    /// <summary>Must be called as soon as the probe runs. From then on, its file is not needed.</summary>
    public void ProbeIsLoaded() => _directory?.RemoveProbe();

    /// <summary>Removes the created files, because this process is about to end. Thread-safe: objects that the owner may be using stay open.</summary>
    public void RemoveFiles() => _directory?.RemoveFiles();

    public void Dispose()
    {
        Listener?.Dispose();
        _directory?.Dispose();
        _directory = null;
    }

    private void ListenAbstract()
    {
        Address = $"@stackflare-{RandomId.New():N}";
        Listener = UnixSocket.Listen(Address);
    }
}
