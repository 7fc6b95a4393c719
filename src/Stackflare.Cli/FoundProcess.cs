using Stackflare.Capture.Probe;
using Stackflare.Interop;
using Stackflare.Processes;

namespace Stackflare.Cli;

/// <summary>A process that can be dumped.</summary>
internal sealed record FoundProcess(TargetProcess Target, RootedPath SocketPath, string Name, TimeSpan? Uptime, int Threads, string CommandLine)
{
    public int Pid => Target.Pid;

    /// <summary>
    /// The version, from the path of the runtime's library. A runtime that is linked into the executable has no such path and is queried instead. A
    /// process that hangs does not answer: null.
    /// </summary>
    public Version? FindVersion() => Target.Runtime.Version ?? (Target.IsStopped() ? null : RuntimeInfo.Ask(SocketPath, ProcessFinder.Patience)?.Version);
}
