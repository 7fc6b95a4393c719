using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;
using static Stackflare.Targets.Shapes.Syntax.SyntaxForms;

namespace Stackflare.Targets.Shapes.Syntax;

/// <summary>Members that the compiler calls for patterns, indexes, slices and initializers.</summary>
internal sealed class Patterns
{
    public static void StartThreads(Host host)
    {
        Thread("property pattern", (o, t) => PropertyPattern(o, t));
        Thread("positional pattern", (o, t) => PositionalPattern(o, t));
        Thread("list pattern", (o, t) => ListPattern(o, t));
        Thread("index from the end", (o, t) => FromEnd(o, t));
        Thread("slice", (o, t) => Sliced(o, t));
        Thread("pattern in a switch expression", (o, t) => InSwitch(o, t));
        Thread("Add of an initializer", (_, t) => Added(host, t));

        void Thread(string name, Action<Odd, Track> use) => host.StartThread(name, track =>
        {
            use(new Odd(host, track), track);
            GC.KeepAlive(use);
        });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void PropertyPattern(Odd odd, Track track)
    {
        track.Next<Patterns>();
        if (odd is { Slow: > 5 })
            GC.KeepAlive(odd);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void PositionalPattern(Odd odd, Track track)
    {
        track.Next<Patterns>();
        if (odd is (1, _))
            GC.KeepAlive(odd);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ListPattern(Odd odd, Track track)
    {
        track.Next<Patterns>();
        if (odd is [1, 2, ..])
            GC.KeepAlive(odd);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FromEnd(Odd odd, Track track)
    {
        track.Next<Patterns>();
        int value = odd[^1];
        GC.KeepAlive((value, track));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Sliced(Odd odd, Track track)
    {
        track.Next<Patterns>();
        object value = odd[1..];
        GC.KeepAlive((value, track));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void InSwitch(Odd odd, Track track)
    {
        track.Next<Patterns>();
        int value = odd switch
        {
            { Slow: > 5 } => 1,
            _ => 2,
        };
        GC.KeepAlive((value, track));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Added(Host host, Track track)
    {
        track.Next<Patterns>();
        var bag = new Bag(host, track) { 1 };
        GC.KeepAlive(bag);
    }

    private sealed class Odd(Host host, Track track)
    {
        public int Slow
        {
            [MethodImpl(MethodImplOptions.NoInlining)]
            get => 1 + Stop(host, track.Here<Odd>("Slow.get"));
        }

        public int Length => 3;

        public int this[int index]
        {
            [MethodImpl(MethodImplOptions.NoInlining)]
            get => index + Stop(host, track.Here<Odd>("this.get"));
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        public object Slice(int start, int length)
        {
            GC.KeepAlive(Stop(host, track.Here<Odd>()));
            return start + length;
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        public void Deconstruct(out int first, out int second)
        {
            GC.KeepAlive(Stop(host, track.Here<Odd>()));
            (first, second) = (1, 2);
        }
    }

    private sealed class Bag(Host host, Track track) : System.Collections.IEnumerable
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public void Add(int item)
        {
            GC.KeepAlive(Stop(host, track.Here<Bag>()));
            GC.KeepAlive(item);
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => Array.Empty<int>().GetEnumerator();
    }
}
