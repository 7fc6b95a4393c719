using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>A type whose static constructor does not come to an end.</summary>
internal static class StaticConstructor
{
    private const string TypeName = "Stackflare.Targets.Shapes.StaticConstructor";

    private static Host? _host;
    private static Track? _track;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Touch(Host host, Track track)
    {
        _host = host;
        _track = track;
        _track.Here(TypeName, line: TouchLine() + 1);
        Slow.Value++;
        GC.KeepAlive(track);
    }

    private static int TouchLine([CallerLineNumber] int line = 0) => line;

    private static class Slow
    {
        public static int Value;

        static Slow()
        {
            _host!.Park(_track!.Here(TypeName + ".Slow", ".cctor"));
            Value = 1;
        }
    }
}
