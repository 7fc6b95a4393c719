using System.Globalization;
using System.Runtime.Versioning;
using Stackflare.Interop;

namespace Stackflare.Capture;

/// <summary>
/// The way to a process and back: its diagnostics socket, the probe by a path that it can open, and a socket on which the snapshot
/// comes. Whatever had to be made for that is gone when the route is disposed.
/// </summary>
internal sealed class CaptureRoute : IDisposable
{
    private readonly List<Action> _cleanup;

    private CaptureRoute(int pid, string socketPath, string probePath, string address, UnixSocket listener, List<Action> cleanup)
    {
        Pid = pid;
        SocketPath = socketPath;
        ProbePath = probePath;
        Address = address;
        Listener = listener;
        _cleanup = cleanup;
    }

    /// <summary>The process, as we see it.</summary>
    public int Pid { get; }

    /// <summary>The runtime's diagnostics socket, as we can open it.</summary>
    public string SocketPath { get; }

    /// <summary>The probe, as the process can open it.</summary>
    public string ProbePath { get; }

    /// <summary>Where the probe connects to, as the process sees it.</summary>
    public string Address { get; }

    public UnixSocket Listener { get; }

    /// <summary>To our own process: the probe is loaded already, and an abstract socket leaves nothing behind whatever happens.</summary>
    /// <exception cref="StackflareException">There is no way; the type says why.</exception>
    public static CaptureRoute ToSelf(string probePath)
    {
        string address = NewAbstractAddress();
        return new CaptureRoute(Environment.ProcessId, DiagnosticsPort.FindOwn(), probePath, address, UnixSocket.Listen(address), []);
    }

    /// <summary>
    /// To another process. Where it sees our /proc, the probe is a file in memory that is reached through it, and vanishes with us
    /// even if we are killed. Elsewhere (another user's process, a container) it is a file in a directory of ours within what the
    /// process sees as its temporary directory.
    /// </summary>
    /// <param name="target">The process.</param>
    /// <param name="probe">The probe's bytes.</param>
    /// <exception cref="StackflareException">There is no way; the type says why.</exception>
    [SupportedOSPlatform("linux")]
    public static CaptureRoute To(TargetProcess target, ReadOnlySpan<byte> probe)
    {
        string socketPath = DiagnosticsPort.Find(target);
        var cleanup = new List<Action>();
        try
        {
            RouteDirectory? directory = null;
            RouteDirectory Directory() => directory ??= RouteDirectory.Create(target, cleanup);

            string probePath = target.SharesProcesses && target.User == Posix.EffectiveUser() && MemoryFile.Create(probe) is { } memory
                ? memory.PathFor(cleanup)
                : Directory().WriteProbe(probe);

            string address = target.SharesNetwork ? NewAbstractAddress() : Directory().SocketAddress;
            UnixSocket listener = UnixSocket.Listen(target.SharesNetwork ? address : Directory().SocketPath);
            cleanup.Add(listener.Dispose);
            if (!target.SharesNetwork)
                Directory().OpenSocketToTarget();
            return new CaptureRoute(target.Pid, socketPath, probePath, address, listener, cleanup);
        }
        catch (IOException e)
        {
            Run(cleanup);
            throw new ProbeException(
                string.Create(CultureInfo.InvariantCulture, $"The way to process {target.Pid} cannot be laid: {e.Message}."),
                "See that its temporary directory can be written to.", e);
        }
        catch (StackflareException)
        {
            Run(cleanup);
            throw;
        }
    }

    public void Dispose()
    {
        Listener.Dispose();
        Run(_cleanup);
    }

    private static string NewAbstractAddress() => $"@stackflare-{Guid.NewGuid():N}";

    /// <summary>The last thing made is the first to go: a file before its directory.</summary>
    private static void Run(List<Action> cleanup)
    {
        for (int i = cleanup.Count - 1; i >= 0; i--)
            cleanup[i]();
        cleanup.Clear();
    }
}
