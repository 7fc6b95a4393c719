using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>A generic type with a generic type in it.</summary>
internal sealed class Box<T>(Host host)
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Keep(Track track, T value)
    {
        host.Park(track.Here<Box<T>>());
        GC.KeepAlive(value);
    }

    internal sealed class Lid<TSide>(Host host)
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public void Close(Track track)
        {
            Turn(track.Here<Lid<TSide>>(), 1);
            GC.KeepAlive(track);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private void Turn<TTool>(Track track, TTool tool)
        {
            host.Park(track.Here<Lid<TSide>>());
            GC.KeepAlive(tool);
        }
    }
}
