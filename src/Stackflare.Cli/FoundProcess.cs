using Stackflare.Capture.Probe;
using Stackflare.Interop;
using Stackflare.Processes;

namespace Stackflare.Cli;

/// <summary>A process that can be dumped, or one whose runtime has closed its port, which it does when it shuts down.</summary>
/// <param name="Target">The process.</param>
/// <param name="SocketPath">Its diagnostics socket; null if that was removed.</param>
/// <param name="Name">The name of its program.</param>
/// <param name="Uptime">The time since it started; null if not known.</param>
/// <param name="Threads">Number of threads.</param>
/// <param name="CommandLine">Its command line.</param>
internal sealed record FoundProcess(TargetProcess Target, RootedPath? SocketPath, string Name, TimeSpan? Uptime, int Threads, string CommandLine)
{
    public int Pid => Target.Pid;

    /// <summary>
    /// The version, from the path of the runtime's library. A runtime that is linked into the executable has no such path and is queried instead. A
    /// process that hangs does not answer: null.
    /// </summary>
    public Version? FindVersion() => Target.Runtime.Version ?? (SocketPath is not { } path || Target.IsStopped() ? null : RuntimeInfo.Ask(path, ProcessFinder.Patience)?.Version);
}
