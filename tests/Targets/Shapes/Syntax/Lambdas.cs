using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;
using static Stackflare.Targets.Shapes.Syntax.SyntaxForms;

namespace Stackflare.Targets.Shapes.Syntax;

/// <summary>Lambdas, anonymous methods and local functions, wherever they can stand.</summary>
internal sealed class Lambdas
{
    private static readonly Func<Host, Track, int> Initialized = (host, track) => 1 + Stop(host, track.Here<Lambdas>(".cctor.lambda"));

    public static void StartThreads(Host host) => SyntaxForms.StartThreads(
        host,
        "lambda: ",
        [
            ("in a static field", InStaticField), ("anonymous method", AnonymousMethod), ("static lambda", StaticLambda), ("with a default", WithDefault), ("with params", WithParams), ("returning a lambda", ReturningLambda),
            ("in a local function", InLocalFunction), ("local function in a lambda", LocalInLambda), ("local function in a local function", LocalInLocal), ("in a loop", InLoop),
            ("generic method", InGenericMethod<string>), ("generic type", (h, t) => new Box<int, string>().Go(h, t)), ("capturing two scopes", CapturingTwoScopes), ("capturing a parameter of a struct", (h, t) => new Struct(h, t).Go()),
            ("in an iterator", (h, t) => GC.KeepAlive(InIterator(h, t).First())), ("in an extension", (h, t) => h.InExtension(t)), ("two of one method", TwoOfOne), ("overload", (h, t) => Overloaded(h, t, 1)),
            ("overload of text", (h, t) => Overloaded(h, t, "x")), ("local iterator", LocalIterator), ("local with attributes", LocalWithAttributes), ("discards", Discards), ("natural type", NaturalType),
        ]);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void InStaticField(Host host, Track track)
    {
        int value = Initialized(host, track.Here<Lambdas>());
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AnonymousMethod(Host host, Track track)
    {
        Func<Track, int> method = delegate (Track here)
        {
            int value = Stop(host, here.Here<Lambdas>("AnonymousMethod.lambda"));
            return value + 1;
        };
        int value = method(track.Here<Lambdas>());
        GC.KeepAlive((value, method));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StaticLambda(Host host, Track track)
    {
        Func<Host, Track, int> lambda = static (host, track) => 1 + Stop(host, track.Here<Lambdas>("StaticLambda.lambda"));
        int value = lambda(host, track.Here<Lambdas>());
        GC.KeepAlive((value, lambda));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WithDefault(Host host, Track track)
    {
        var lambda = (Track here, int more = 5) => more + Stop(host, here.Here<Lambdas>("WithDefault.lambda"));
        int value = lambda(track.Here<Lambdas>());
        GC.KeepAlive((value, lambda));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WithParams(Host host, Track track)
    {
        var lambda = (Track here, params int[] more) => more.Length + Stop(host, here.Here<Lambdas>("WithParams.lambda"));
        int value = lambda(track.Here<Lambdas>(), 1, 2);
        GC.KeepAlive((value, lambda));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ReturningLambda(Host host, Track track)
    {
        Func<int, Func<Track, int>> outer = number => here => number + Stop(host, here.Here<Lambdas>("ReturningLambda.lambda"));
        Func<Track, int> inner = outer(1);
        int value = inner(track.Here<Lambdas>());
        GC.KeepAlive((value, outer, inner));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void InLocalFunction(Host host, Track track)
    {
        int value = Local(track.Here<Lambdas>());
        GC.KeepAlive(value);

        [MethodImpl(MethodImplOptions.NoInlining)]
        int Local(Track here)
        {
            Func<Track, int> lambda = inner => 1 + Stop(host, inner.Here<Lambdas>("InLocalFunction.lambda"));
            int value = lambda(here.Here<Lambdas>("InLocalFunction.Local"));
            return value + lambda.GetHashCode();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LocalInLambda(Host host, Track track)
    {
        Func<Track, int> lambda = here =>
        {
            int value = Local(here.Here<Lambdas>("LocalInLambda.lambda"));
            return value + 1;

            [MethodImpl(MethodImplOptions.NoInlining)]
            int Local(Track inner) => 1 + Stop(host, inner.Here<Lambdas>("LocalInLambda.Local"));
        };
        int value = lambda(track.Here<Lambdas>());
        GC.KeepAlive((value, lambda));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LocalInLocal(Host host, Track track)
    {
        int value = Outer(track.Here<Lambdas>());
        GC.KeepAlive(value);

        [MethodImpl(MethodImplOptions.NoInlining)]
        int Outer(Track here)
        {
            return 1 + Inner(here.Here<Lambdas>("LocalInLocal.Outer"));

            [MethodImpl(MethodImplOptions.NoInlining)]
            int Inner(Track inner) => 1 + Stop(host, inner.Here<Lambdas>("LocalInLocal.Inner"));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void InLoop(Host host, Track track)
    {
        List<Func<Track, int>> lambdas = [];
        for (int i = 0; i < 3; i++)
        {
            int copy = i;
            lambdas.Add(here => copy + Stop(host, here.Here<Lambdas>("InLoop.lambda")));
        }
        int value = lambdas[1](track.Here<Lambdas>());
        GC.KeepAlive((value, lambdas));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void InGenericMethod<T>(Host host, Track track)
    {
        Func<Track, string> lambda = here => typeof(T).Name + Stop(host, here.Here<Lambdas>("InGenericMethod.lambda"));
        string value = lambda(track.Here<Lambdas>());
        GC.KeepAlive((value, lambda));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CapturingTwoScopes(Host host, Track track)
    {
        int outer = track.GetHashCode();
        {
            int inner = host.GetHashCode();
            Func<Track, int> lambda = here => outer + inner + Stop(host, here.Here<Lambdas>("CapturingTwoScopes.lambda"));
            int value = lambda(track.Here<Lambdas>());
            GC.KeepAlive((value, lambda));
        }
    }

    private static IEnumerable<int> InIterator(Host host, Track track)
    {
        Func<Track, int> lambda = here => 1 + Stop(host, here.Here<Lambdas>("InIterator.lambda"));
        yield return lambda(track.Here<Lambdas>());
        GC.KeepAlive(lambda);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TwoOfOne(Host host, Track track)
    {
        Func<Track, int> first = here => 2 + host.GetHashCode() + here.GetHashCode(), second = here => 1 + Stop(host, here.Here<Lambdas>("TwoOfOne.lambda"));
        int value = second(track.Here<Lambdas>());
        GC.KeepAlive((value, first, second));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Overloaded(Host host, Track track, int number)
    {
        Func<Track, int> lambda = here => number + Stop(host, here.Here<Lambdas>("Overloaded.lambda"));
        int value = lambda(track.Here<Lambdas>());
        GC.KeepAlive((value, lambda));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Overloaded(Host host, Track track, string text)
    {
        Func<Track, int> lambda = here => text.Length + Stop(host, here.Here<Lambdas>("Overloaded.lambda"));
        int value = lambda(track.Here<Lambdas>());
        GC.KeepAlive((value, lambda));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LocalIterator(Host host, Track track)
    {
        using IEnumerator<int> items = Local(track).GetEnumerator();
        track.Next<Lambdas>();
        bool any = items.MoveNext();
        GC.KeepAlive(any);

        IEnumerable<int> Local(Track here)
        {
            yield return Stop(host, here.Here<Lambdas>("LocalIterator.Local"));
            GC.KeepAlive(here);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LocalWithAttributes(Host host, Track track)
    {
        int value = Local<string>(host, track.Here<Lambdas>());
        GC.KeepAlive(value);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static int Local<T>(Host host, Track track) => typeof(T).Name.Length + Stop(host, track.Here<Lambdas>("LocalWithAttributes.Local"));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Discards(Host host, Track track)
    {
        Func<Track, int, int, int> lambda = (here, _, _) => 1 + Stop(host, here.Here<Lambdas>("Discards.lambda"));
        int value = lambda(track.Here<Lambdas>(), 1, 2);
        GC.KeepAlive((value, lambda));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void NaturalType(Host host, Track track)
    {
        var lambda = object (Track here) => 1 + Stop(host, here.Here<Lambdas>("NaturalType.lambda"));
        object value = lambda(track.Here<Lambdas>());
        GC.KeepAlive((value, lambda));
    }

    private sealed class Box<TFirst, TSecond>
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public void Go(Host host, Track track)
        {
            Func<Track, string> lambda = here => typeof(TFirst).Name + typeof(TSecond).Name + Stop(host, here.Here<Box<TFirst, TSecond>>("Go.lambda"));
            string value = lambda(track.Here<Box<TFirst, TSecond>>());
            GC.KeepAlive((value, lambda, this));
        }
    }

    private readonly struct Struct(Host host, Track track)
    {
        private readonly Host _host = host;
        private readonly Track _track = track;

        [MethodImpl(MethodImplOptions.NoInlining)]
        public void Go()
        {
            Struct copy = this;
            Func<int> lambda = () => 1 + Stop(copy._host, copy._track.Here<Struct>("Go.lambda"));
            _track.Next<Struct>();
            int value = lambda();
            GC.KeepAlive((value, lambda));
        }
    }
}
