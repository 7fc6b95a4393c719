using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>
/// Code that the compiler moves into methods with names of its own: lambdas, local functions, iterators. Delegates are used twice:
/// a variable that is used once is compiled away, and the line of its use with it.
/// </summary>
internal sealed class CompilerNames : Shape
{
    public override void Start(Host host)
    {
        host.StartThread("lambda", track => Lambda(host, track));
        host.StartThread("capturing lambda", track => CapturingLambda(host, track));
        host.StartThread("nested lambda", track => NestedLambda(host, track));
        host.StartThread("local function", track => LocalFunction(host, track));
        host.StartThread("static local function", track => StaticLocalFunction(host, track));
        host.StartThread("iterator", track => OverIterator(host, track));
        host.StartThread("generic iterator", track => OverGenericIterator(host, track));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Lambda(Host host, Track track)
    {
        track.Next<CompilerNames>();
        Call(host, track, static (h, t) =>
        {
            h.Park(t.Here<CompilerNames>("Lambda.lambda"));
            GC.KeepAlive(t);
        });
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CapturingLambda(Host host, Track track)
    {
        var lambda = () =>
        {
            host.Park(track.Here<CompilerNames>("CapturingLambda.lambda"));
            GC.KeepAlive(track);
        };
        Call(lambda, track.Here<CompilerNames>());
        GC.KeepAlive(lambda);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void NestedLambda(Host host, Track track)
    {
        var outer = (int depth) =>
        {
            var inner = () =>
            {
                host.Park(track.Here<CompilerNames>("NestedLambda.lambda"));
                GC.KeepAlive(depth);
            };
            Call(inner, track.Here<CompilerNames>("NestedLambda.lambda"));
            GC.KeepAlive(inner);
        };
        track.Next<CompilerNames>();
        outer(1);
        GC.KeepAlive(outer);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LocalFunction(Host host, Track track)
    {
        track.Next<CompilerNames>();
        Local(2);
        GC.KeepAlive(track);

        [MethodImpl(MethodImplOptions.NoInlining)]
        void Local(int more)
        {
            track.Next<CompilerNames>("LocalFunction.Local");
            if (more > 0) Local(more - 1); else host.Park(track);
            GC.KeepAlive(track);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StaticLocalFunction(Host host, Track track)
    {
        Local(host, track.Here<CompilerNames>());
        GC.KeepAlive(track);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Local(Host host, Track track)
        {
            Generic("text", host, track.Here<CompilerNames>("StaticLocalFunction.Local"));
            GC.KeepAlive(track);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Generic<T>(T value, Host host, Track track)
        {
            host.Park(track.Here<CompilerNames>("StaticLocalFunction.Generic"));
            GC.KeepAlive(value);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void OverIterator(Host host, Track track)
    {
        track.Next<CompilerNames>();
        foreach (var item in Iterator(host, track))
            GC.KeepAlive(item);
        GC.KeepAlive(track);
    }

    private static IEnumerable<int> Iterator(Host host, Track track)
    {
        yield return 1;
        host.Park(track.Here<CompilerNames>());
        yield return 2;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void OverGenericIterator(Host host, Track track)
    {
        using var items = GenericIterator(host, track, "x").GetEnumerator();
        track.Next<CompilerNames>();
        items.MoveNext();
        GC.KeepAlive(track);
    }

    private static IEnumerable<T> GenericIterator<T>(Host host, Track track, T value)
    {
        host.Park(track.Here<CompilerNames>());
        yield return value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Call(Action action, Track track)
    {
        track.Next<CompilerNames>();
        action();
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Call(Host host, Track track, Action<Host, Track> action)
    {
        track.Next<CompilerNames>();
        action(host, track);
        GC.KeepAlive(track);
    }
}
