using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;
using static Stackflare.Targets.Shapes.Syntax.SyntaxForms;

namespace Stackflare.Targets.Shapes.Syntax;

/// <summary>Calls from initializers, constructors and accessors.</summary>
internal static class Initializers
{
    public static void StartThreads(Host host)
    {
        Thread("field initializer", track => _ = new WithField(host, track));
        Thread("property initializer", track => _ = new WithProperty(host, track));
        Thread("this initializer", track => _ = new WithThis(host, track));
        Thread("base initializer", track => _ = new WithBase(host, track));
        Thread("primary base argument", track => _ = new WithPrimaryBase(host, track));
        Thread("init accessor", track => _ = new WithAccessors(host, track) { Init = 1 });
        Thread("field keyword", track => _ = new WithAccessors(host, track).Lazy);
        Thread("static property", track => _ = WithStatic.Property = (host, track));
        Thread("event remove", track => new WithAccessors(host, track).Happened -= GC.Collect);
        Thread("indexer with two", track => new WithAccessors(host, track)[1, "x"] = 5);
        Thread("expression-bodied property", track => _ = new WithAccessors(host, track).Bodied);
        Thread("record positional", track => _ = new Positional(host, track, 1).ToString());
        Thread("struct constructor", track => _ = new Small(host, track));
        Thread("reference struct", track => new Short(host, track).Go());
        Thread("nested in generic", track => new Outer<int>.Inner<string>(host, track).Go(1, "x"));
        Thread("lambda in constructor", track => _ = new WithLambda(host, track));
        Thread("lambda in getter", track => _ = new WithLambda(host, track, false).Getter);
        Thread("local function in constructor", track => _ = new WithLocal(host, track));
        Thread("Dispose", track =>
        {
            using var disposed = new Disposed(host, track);
            GC.KeepAlive(disposed);
        });
        Thread("file-local", track => new Hidden(host, track).Go());
        Thread("partial", track => new Halves(host, track).Go());

        void Thread(string name, Action<Track> use) => host.StartThread(name, track =>
        {
            use(track);
            GC.KeepAlive(use);
        });
    }

    private sealed class WithField
    {
        [ThreadStatic]
        private static (Host Host, Track Track) _arguments;

        private readonly int _field = Stop(_arguments.Host, _arguments.Track.Here<WithField>(".ctor"));

        [MethodImpl(MethodImplOptions.NoInlining)]
        private WithField() => GC.KeepAlive(_field);

        [MethodImpl(MethodImplOptions.NoInlining)]
        public WithField(Host host, Track track)
            : this(_arguments = (host, track.Here<WithField>()))
        {
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private WithField((Host Host, Track Track) arguments) => GC.KeepAlive(arguments);
    }

    [method: MethodImpl(MethodImplOptions.NoInlining)]
    private sealed class WithProperty(Host host, Track track)
    {
        public int Property { get; } = Stop(host, track.Here<WithProperty>(".ctor"));
    }

    private sealed class WithThis
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public WithThis(Host host, Track track)
            : this(Stop(host, track.Here<WithThis>()))
        {
            GC.KeepAlive(track);
        }

        private WithThis(int number) => GC.KeepAlive(number);
    }

    private class Base(int number)
    {
        public int Number { get; } = number;
    }

    private sealed class WithBase : Base
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public WithBase(Host host, Track track)
            : base(Stop(host, track.Here<WithBase>()))
        {
            GC.KeepAlive(track);
        }
    }

    [method: MethodImpl(MethodImplOptions.NoInlining)]
    private sealed class WithPrimaryBase(Host host, Track track) : Base(Stop(host, track.Here<WithPrimaryBase>(".ctor")));

    private sealed class WithAccessors(Host host, Track track)
    {
        public event Action Happened
        {
            add => GC.KeepAlive(value);

            [MethodImpl(MethodImplOptions.NoInlining)]
            remove
            {
                GC.KeepAlive(Stop(host, track.Here<WithAccessors>("Happened.remove")));
                GC.KeepAlive(value);
            }
        }

        public int Init
        {
            get => 1;

            [MethodImpl(MethodImplOptions.NoInlining)]
            init
            {
                GC.KeepAlive(Stop(host, track.Here<WithAccessors>("Init.init")));
                GC.KeepAlive(value);
            }
        }

        public string Lazy
        {
            [MethodImpl(MethodImplOptions.NoInlining)]
            get
            {
                field ??= Stop(host, track.Here<WithAccessors>("Lazy.get")).ToString();
                return field;
            }
        }

        public int Bodied
        {
            [MethodImpl(MethodImplOptions.NoInlining)]
            get => 1 + Stop(host, track.Here<WithAccessors>("Bodied.get"));
        }

        public int this[int index, string name]
        {
            [MethodImpl(MethodImplOptions.NoInlining)]
            set
            {
                GC.KeepAlive(Stop(host, track.Here<WithAccessors>("this.set")));
                GC.KeepAlive((index, name, value));
            }
        }
    }

    private static class WithStatic
    {
        public static (Host Host, Track Track) Property
        {
            [MethodImpl(MethodImplOptions.NoInlining)]
            set
            {
                GC.KeepAlive(Stop(value.Host, value.Track.Here("Stackflare.Targets.Shapes.Syntax.Initializers.WithStatic", "Property.set")));
                GC.KeepAlive(value);
            }
        }
    }

    private sealed record Positional(Host Host, Track Track, int Number)
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public override string ToString() => "a" + Stop(Host, Track.Here<Positional>());
    }

    private readonly struct Small
    {
        private readonly int _number;

        [MethodImpl(MethodImplOptions.NoInlining)]
        public Small(Host host, Track track)
        {
            _number = Stop(host, track.Here<Small>());
            GC.KeepAlive(_number);
        }
    }

    private readonly ref struct Short(Host host, Track track)
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public void Go()
        {
            GC.KeepAlive(Stop(host, track.Here("Stackflare.Targets.Shapes.Syntax.Initializers.Short")));
            GC.KeepAlive(track);
        }
    }

    private static class Outer<TOuter>
    {
        public sealed class Inner<TInner>(Host host, Track track)
        {
            [MethodImpl(MethodImplOptions.NoInlining)]
            public void Go(TOuter one, TInner other)
            {
                GC.KeepAlive(Stop(host, track.Here<Inner<TInner>>()));
                GC.KeepAlive((one, other));
            }
        }
    }

    private sealed class WithLambda
    {
        private readonly Host _host;
        private readonly Track _track;

        public WithLambda(Host host, Track track, bool _) => (_host, _track) = (host, track);

        [MethodImpl(MethodImplOptions.NoInlining)]
        public WithLambda(Host host, Track track)
            : this(host, track, false)
        {
            Func<int> lambda = () => 1 + Stop(_host, _track.Here<WithLambda>(".ctor.lambda"));
            _track.Next<WithLambda>();
            int value = lambda();
            GC.KeepAlive((value, lambda));
        }

        public int Getter
        {
            [MethodImpl(MethodImplOptions.NoInlining)]
            get
            {
                Func<int> lambda = () => 1 + Stop(_host, _track.Here<WithLambda>("Getter.get.lambda"));
                _track.Next<WithLambda>("Getter.get");
                int value = lambda();
                return value + lambda.GetHashCode();
            }
        }
    }

    private sealed class WithLocal
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public WithLocal(Host host, Track track)
        {
            int value = Local(track.Here<WithLocal>());
            GC.KeepAlive(value);

            [MethodImpl(MethodImplOptions.NoInlining)]
            int Local(Track here) => 1 + Stop(host, here.Here<WithLocal>(".ctor.Local"));
        }
    }

    private sealed class Disposed(Host host, Track track) : IDisposable
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public void Dispose()
        {
            GC.KeepAlive(Stop(host, track.Here<Disposed>()));
            GC.KeepAlive(track);
        }
    }

    private sealed partial class Halves(Host host, Track track)
    {
        public partial void Go();
    }

    private sealed partial class Halves
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public partial void Go()
        {
            GC.KeepAlive(Stop(host, track.Here<Halves>()));
            GC.KeepAlive(track);
        }
    }
}

/// <summary>Its real name has a hash of the file's path in it.</summary>
file sealed class Hidden(Host host, Track track)
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Go()
    {
        GC.KeepAlive(Stop(host, track.Here("Stackflare.Targets.Shapes.Syntax.Hidden")));
        GC.KeepAlive(track);
    }
}
