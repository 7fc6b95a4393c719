using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Syntax;

/// <summary>Operators and conversions of a type.</summary>
internal sealed class Operators(Host host, Track track)
{
    public static void StartThreads(Host host)
    {
        Thread("negation", o => _ = -o);
        Thread("not", o => _ = !o);
        Thread("complement", o => _ = ~o);
        Thread("increment", o => o++);
        Thread("truth", o => _ = o ? 1 : 2);
        Thread("equality", o => _ = o == new Operators(host, new Track()));
        Thread("less", o => _ = o < new Operators(host, new Track()));
        Thread("shift", o => _ = o >>> 1);
        Thread("and", o => _ = o & o);
        Thread("multiplication", o => _ = o * 2);
        Thread("checked subtraction", o => _ = checked(o - o));
        Thread("implicit conversion", o => Take(o));
        Thread("checked conversion", o => _ = checked((byte)o));
        Thread("compound", o => o += 1);

        void Thread(string name, Action<Operators> use) => host.StartThread($"operator: {name}", track =>
        {
            use(new Operators(host, track));
            GC.KeepAlive(use);
        });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Operators operator -(Operators one)
    {
        Operators stopped = one.Stop(one.Track.Here<Operators>("operator -"));
        GC.KeepAlive(one);
        return stopped;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Operators operator !(Operators one)
    {
        Operators stopped = one.Stop(one.Track.Here<Operators>("operator !"));
        GC.KeepAlive(one);
        return stopped;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Operators operator ~(Operators one)
    {
        Operators stopped = one.Stop(one.Track.Here<Operators>("operator ~"));
        GC.KeepAlive(one);
        return stopped;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Operators operator ++(Operators one)
    {
        Operators stopped = one.Stop(one.Track.Here<Operators>("operator ++"));
        GC.KeepAlive(one);
        return stopped;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool operator true(Operators one)
    {
        Operators stopped = one.Stop(one.Track.Here<Operators>("operator true"));
        GC.KeepAlive(one);
        return stopped is null;
    }

    public static bool operator false(Operators one) => one is null;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool operator ==(Operators one, Operators other)
    {
        Operators stopped = one.Stop(one.Track.Here<Operators>("operator =="));
        GC.KeepAlive(one);
        return stopped is null;
    }

    public static bool operator !=(Operators one, Operators other) => !ReferenceEquals(one, other);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool operator <(Operators one, Operators other)
    {
        Operators stopped = one.Stop(one.Track.Here<Operators>("operator <"));
        GC.KeepAlive(one);
        return stopped is null;
    }

    public static bool operator >(Operators one, Operators other) => !ReferenceEquals(one, other);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Operators operator >>>(Operators one, int bits)
    {
        Operators stopped = one.Stop(one.Track.Here<Operators>("operator >>>"));
        GC.KeepAlive(one);
        return stopped;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Operators operator &(Operators one, Operators other)
    {
        Operators stopped = one.Stop(one.Track.Here<Operators>("operator &"));
        GC.KeepAlive(one);
        return stopped;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Operators operator *(Operators one, int other)
    {
        Operators stopped = one.Stop(one.Track.Here<Operators>("operator *"));
        GC.KeepAlive(one);
        return stopped;
    }

    public static Operators operator -(Operators one, Operators other) => other;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Operators operator checked -(Operators one, Operators other)
    {
        Operators stopped = one.Stop(one.Track.Here<Operators>("operator checked -"));
        GC.KeepAlive(one);
        return stopped;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static implicit operator string(Operators one)
    {
        Operators stopped = one.Stop(one.Track.Here<Operators>("implicit operator"));
        GC.KeepAlive(one);
        return stopped.ToString()!;
    }

    public static explicit operator byte(Operators one) => (byte)one.GetHashCode();

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static explicit operator checked byte(Operators one)
    {
        Operators stopped = one.Stop(one.Track.Here<Operators>("explicit operator checked"));
        GC.KeepAlive(one);
        return (byte)stopped.GetHashCode();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public void operator +=(int more)
    {
        GC.KeepAlive(Stop(Track.Here<Operators>("operator +=")));
        GC.KeepAlive(more);
    }

    private Track Track { get; } = track;

    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    public override int GetHashCode() => 7;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Take(string text) => GC.KeepAlive(text);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Operators Stop(Track here)
    {
        host.Park(here.Here<Operators>());
        return new Operators(host, here);
    }
}
