using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>
/// A foreground thread that waits for more to do. When the main thread is told to exit, the process stays. <c>--watchers N</c>: also so many file watchers.
/// </summary>
internal sealed class LogWriter : Shape
{
    private static readonly List<FileSystemWatcher> s_watchers = [];

    public override void Start(Host host)
    {
        host.StartThread("log writer", track => Write(host, track));
        for (var i = 0; i < host.Options.Number("--watchers", 0); i++)
            s_watchers.Add(new FileSystemWatcher(Path.GetTempPath(), "*.json") { EnableRaisingEvents = true });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Write(Host host, Track track)
    {
        Thread.CurrentThread.IsBackground = false;
        host.Arrive(track.Next<LogWriter>());
        Thread.Sleep(Timeout.Infinite);
        GC.KeepAlive(track);
    }
}
