using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>A struct, whose interface methods the runtime calls through stubs.</summary>
internal readonly struct Point(Host host) : IMember
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Move(Track track)
    {
        Host.Park(track.Here<Point>());
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    void IMember.Do(Track track)
    {
        Host.Park(track.Here<Point>("IMember.Do"));
        GC.KeepAlive(track);
    }

    public Host Host { get; } = host;
}
