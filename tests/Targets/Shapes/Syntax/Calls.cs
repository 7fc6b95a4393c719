using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;
using static Stackflare.Targets.Shapes.Syntax.SyntaxForms;

namespace Stackflare.Targets.Shapes.Syntax;

/// <summary>Ways to name what is called, and to pass what it gets.</summary>
internal sealed class Calls
{
    public static void StartThreads(Host host) => SyntaxForms.StartThreads(
        host,
        "",
        [
            ("argument", Argument), ("argument by name", ArgumentByName), ("reference", Reference), ("out variable", OutVariable), ("params", Params), ("delegate", Delegates),
            ("combined delegate", CombinedDelegate), ("method group", MethodGroup), ("function pointer", FunctionPointer), ("nested calls", NestedCalls), ("second call of a line", SecondCall),
            ("default argument", DefaultArgument), ("lines", Lines),
        ]);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Argument(Host host, Track track)
    {
        GC.KeepAlive(Stop(host, track.Here<Calls>()));
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ArgumentByName(Host host, Track track)
    {
        GC.KeepAlive(Stop(track: track.Here<Calls>(), host: host));
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Reference(Host host, Track track)
    {
        int[] values = [1];
        ref int value = ref First(values, host, track.Here<Calls>());
        value = 2;
        GC.KeepAlive(values);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void OutVariable(Host host, Track track)
    {
        bool value = TryStop(host, track.Here<Calls>(), out int stopped);
        GC.KeepAlive((value, stopped));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Params(Host host, Track track)
    {
        int value = Sum(1, Stop(host, track.Here<Calls>()), 3);
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Delegates(Host host, Track track)
    {
        Func<Host, Track, int> stop = Chosen(track);
        int value = stop(host, track.Here<Calls>());
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CombinedDelegate(Host host, Track track)
    {
        Func<Host, Track, int> stop = (Func<Host, Track, int>)Delegate.Combine(new Func<Host, Track, int>(Nothing), Chosen(track));
        int value = stop(host, track.Here<Calls>());
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MethodGroup(Host host, Track track)
    {
        int value = Apply(Stop, host, track.Here<Calls>());
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe void FunctionPointer(Host host, Track track)
    {
        delegate*<Host, Track, int> stop = &Stop;
        int value = stop(host, track.Here<Calls>());
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void NestedCalls(Host host, Track track)
    {
        int value = Sum(Sum(1, Sum(Stop(host, track.Here<Calls>()))));
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void SecondCall(Host host, Track track)
    {
        int value = Sum(1) + Sum(2) + Stop(host, track.Here<Calls>()) + Sum(3);
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DefaultArgument(Host host, Track track)
    {
        int value = WithDefault(host, track.Here<Calls>());
        GC.KeepAlive(value);
    }

    /// <summary>A statement of several lines has the line that it begins in.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Lines(Host host, Track track)
    {
        track.Next<Calls>();
        int value = Sum(
            1,
            Stop(
                host,
                track));
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Nothing(Host host, Track track) => host.GetHashCode() + track.GetHashCode();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Func<Host, Track, int> Chosen(Track track) => track.GetHashCode() == 0 ? Nothing : Stop;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Sum(params int[] values) => values.Length;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ref int First(int[] values, Host host, Track track)
    {
        host.Park(track.Here<Calls>());
        return ref values[0];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryStop(Host host, Track track, out int stopped)
    {
        host.Park(track.Here<Calls>());
        stopped = track.GetHashCode();
        return stopped > 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Apply(Func<Host, Track, int> function, Host host, Track track)
    {
        int value = function(host, track.Here<Calls>());
        return value + track.GetHashCode();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int WithDefault(Host host, Track track, int number = 7, string text = "x")
    {
        host.Park(track.Here<Calls>());
        return number + text.Length + track.GetHashCode();
    }
}
