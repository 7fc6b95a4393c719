using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;
using static Stackflare.Targets.Shapes.Syntax.SyntaxForms;

namespace Stackflare.Targets.Shapes.Syntax;

/// <summary>Members of interfaces: explicit, generic, static abstract, by default, private; covariant returns and hidden members.</summary>
internal sealed class Contracts
{
    public static void StartThreads(Host host)
    {
        Thread("explicit property", i => _ = ((ISome<int>)i).Value);
        Thread("explicit setter", i => ((ISome<int>)i).Value = 1);
        Thread("explicit indexer", i => _ = ((ISome<int>)i)["x"]);
        Thread("explicit event", i => ((ISome<int>)i).Happened += GC.Collect);
        Thread("explicit method", i => ((ISome<int>)i).Do(1));
        Thread("explicit generic method", i => ((ISome<int>)i).Make<string>());
        Thread("default of interface", i => ((ISome<int>)i).Default(1));
        Thread("private of interface", i => ((ISome<int>)i).ByPrivate());
        Thread("static abstract", i => UseStatic<Implementation>(i));
        Thread("static abstract operator", i => _ = Add(i, i));
        Thread("covariant return", i => _ = ((Animal)new Dog(i)).Same());
        Thread("hiding", i => new Dog(i).Hide());
        Thread("constrained", i => Constrained(new Value(i)));
        Thread("sealed override", i => ((Animal)new Dog(i)).Sealed());

        void Thread(string name, Action<Implementation> use) => host.StartThread(name, track =>
        {
            use(new Implementation(host, track));
            GC.KeepAlive(use);
        });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void UseStatic<T>(Implementation instance)
        where T : IStatic<T>
    {
        T.Run(instance.Host, instance.Track.Here<Contracts>());
        GC.KeepAlive(instance);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static T Add<T>(T one, Implementation instance)
        where T : IStatic<T>
    {
        instance.Track.Next<Contracts>();
        T sum = one + one;
        GC.KeepAlive(instance);
        return sum;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Constrained<T>(T value)
        where T : struct, IValue
    {
        value.Track.Next<Contracts>();
        value.Go();
        GC.KeepAlive(value.Track);
    }

    internal interface ISome<T>
    {
        event Action Happened;

        Host Host { get; }

        Track Track { get; }

        T Value { get; set; }

        int this[string name] { get; }

        void Do(T value);

        TResult? Make<TResult>();

        [MethodImpl(MethodImplOptions.NoInlining)]
        void Default(T value)
        {
            GC.KeepAlive(Stop(Host, Track.Here("Stackflare.Targets.Shapes.Syntax.Contracts.ISome`1")));
            GC.KeepAlive(value);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        void ByPrivate()
        {
            Private(Track.Here("Stackflare.Targets.Shapes.Syntax.Contracts.ISome`1"));
            GC.KeepAlive(this);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private void Private(Track track)
        {
            GC.KeepAlive(Stop(Host, track.Here("Stackflare.Targets.Shapes.Syntax.Contracts.ISome`1")));
            GC.KeepAlive(this);
        }
    }

    internal interface IStatic<T>
        where T : IStatic<T>
    {
        static abstract void Run(Host host, Track track);

        static abstract T operator +(T one, T other);
    }

    private interface IValue
    {
        Track Track { get; }

        void Go();
    }

    internal sealed class Implementation(Host host, Track track) : ISome<int>, IStatic<Implementation>
    {
        event Action ISome<int>.Happened
        {
            [MethodImpl(MethodImplOptions.NoInlining)]
            add
            {
                GC.KeepAlive(Stop(Host, Track.Here<Implementation>("ISome<int>.Happened.add")));
                GC.KeepAlive(value);
            }

            remove => GC.KeepAlive(value);
        }

        public Host Host { get; } = host;

        public Track Track { get; } = track;

        int ISome<int>.Value
        {
            [MethodImpl(MethodImplOptions.NoInlining)]
            get => 1 + Stop(Host, Track.Here<Implementation>("ISome<int>.Value.get"));

            [MethodImpl(MethodImplOptions.NoInlining)]
            set
            {
                GC.KeepAlive(Stop(Host, Track.Here<Implementation>("ISome<int>.Value.set")));
                GC.KeepAlive(value);
            }
        }

        int ISome<int>.this[string name]
        {
            [MethodImpl(MethodImplOptions.NoInlining)]
            get => name.Length + Stop(Host, Track.Here<Implementation>("ISome<int>.this.get"));
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        static Implementation IStatic<Implementation>.operator +(Implementation one, Implementation other)
        {
            GC.KeepAlive(Stop(one.Host, one.Track.Here<Implementation>("IStatic<Implementation>.operator +")));
            return other;
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void IStatic<Implementation>.Run(Host host, Track track)
        {
            GC.KeepAlive(Stop(host, track.Here<Implementation>("IStatic<Implementation>.Run")));
            GC.KeepAlive(track);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        void ISome<int>.Do(int value)
        {
            GC.KeepAlive(Stop(Host, Track.Here<Implementation>("ISome<int>.Do")));
            GC.KeepAlive(value);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        TResult? ISome<int>.Make<TResult>()
            where TResult : default
        {
            GC.KeepAlive(Stop(Host, Track.Here<Implementation>("ISome<int>.Make")));
            return Track is TResult result ? result : default;
        }
    }

    private class Animal(Implementation instance)
    {
        protected Implementation Instance { get; } = instance;

        public virtual Animal Same() => this;

        public virtual void Sealed() => GC.KeepAlive(this);

        public void Hide() => GC.KeepAlive(this);
    }

    private sealed class Dog(Implementation instance) : Animal(instance)
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public override Dog Same()
        {
            GC.KeepAlive(Stop(Instance.Host, Instance.Track.Here<Dog>()));
            return this;
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        public sealed override void Sealed()
        {
            GC.KeepAlive(Stop(Instance.Host, Instance.Track.Here<Dog>()));
            GC.KeepAlive(this);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        public new void Hide()
        {
            GC.KeepAlive(Stop(Instance.Host, Instance.Track.Here<Dog>()));
            GC.KeepAlive(this);
        }
    }

    private readonly struct Value(Implementation instance) : IValue
    {
        public Track Track => instance.Track;

        [MethodImpl(MethodImplOptions.NoInlining)]
        public void Go()
        {
            GC.KeepAlive(Stop(instance.Host, Track.Here<Value>()));
            GC.KeepAlive(instance);
        }
    }
}
