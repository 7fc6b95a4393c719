using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>
/// Workers who each hold tools that nobody else wants, but for the forge. Every way to take a lock, and who took it is not always who has
/// the object at hand.
/// </summary>
internal sealed class Workshop : Shape
{
    private readonly Forge _forge = new();
    private int _heated;

    public override void Start(Host host)
    {
        host.StartThread("smith", track => Heat(host, track));
        host.StartThread("one", track => HoldOne(host, track, new Saw()));
        host.StartThread("two", track => HoldTwo(host, track, new Saw(), new Drill()));
        host.StartThread("two alike", track => HoldTwo(host, track, new Saw(), new Saw()));
        host.StartThread("hands it on", track => TakeAndHandOn(host, track, new Saw()));
        host.StartThread("has it handed", track => HandOn(host, track, new Saw()));
        var (older, newer) = (new Saw(), new Saw());
        host.StartThread("one each", track => TakeOneEach(host, track, older, newer));
        var (first, second) = (new Saw(), new Saw());
        host.StartThread("one each, other way", track => TakeOneEach(host, track, second, first));
        var (near, far) = (new Saw(), new Saw());
        host.StartThread("one each, both handed", track => TakeOneAndHandBothOn(host, track, near, far));
        var (here, there) = (new Saw(), new Saw());
        host.StartThread("one each, both handed, other way", track => TakeOneAndHandBothOn(host, track, there, here));
        host.StartThread("twice", track => TakeTwice(host, track, new Saw()));
        host.StartThread("twice, deeper", track => TakeAgainDeeper(host, track, new Saw()));
        host.StartThread("twice, and one handed", track => TakeTwiceAndHandOn(host, track, new Saw(), new Saw()));
        host.StartThread("twice, and one handed, other way", track => TakeTwiceAndHandOn(host, track, second: new Saw(), first: new Saw()));
        host.StartThread("synchronized", track => new Press().Squeeze(host, track));
        host.StartThread("synchronized type", track => Press.SqueezeAny(host, track));
        host.StartThread("iterator", track => TakeInIterator(host, track, new Saw()));
        host.StartThread("lambda", track => TakeInLambda(host, track, new Saw()));
        host.StartThread("generic", track => TakeGeneric(host, track, new Saw()));
        host.StartThread("generic type", track => new Box<string>().Take(host, track, new Saw()));
        host.StartThread("tried", track => TryToTake(host, track, new Saw()));
        SpinWait.SpinUntil(() => Volatile.Read(ref _heated) == 1);
        host.StartThread("waits with two", track => WaitWithTwo(host, track, new Saw(), new Drill()));
        host.StartThread("tried, waits", track => TryToTakeAndWait(host, track, new Saw()));
#if NET9_0_OR_GREATER
        host.StartThread("lock", track => HoldLock(host, track, new Lock()));
        host.StartThread("scope", track => HoldScope(host, track, new Lock()));
        host.StartThread("lock, by calls", track => HoldLockByCalls(host, track, new Lock()));
        host.StartThread("lock and monitor", track => HoldLockAndMonitor(host, track, new Lock(), new Saw()));
        host.StartThread("lock, waits", track => HoldLockAndWait(host, track, new Lock()));
#endif
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Heat(Host host, Track track)
    {
        lock (_forge)
        {
            Volatile.Write(ref _heated, 1);
            host.Park(track.Here<Workshop>().Took(_forge));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void HoldOne(Host host, Track track, Saw saw)
    {
        lock (saw)
            host.Park(track.Here<Workshop>().Took(saw));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void HoldTwo(Host host, Track track, object first, object second)
    {
        lock (first)
        {
            lock (second)
                host.Park(track.Here<Workshop>().Took(first, second));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TakeAndHandOn(Host host, Track track, Saw saw)
    {
        lock (saw)
            Use(host, track.Here<Workshop>().Took(saw), saw);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Use(Host host, Track track, Saw saw)
    {
        host.Park(track.Here<Workshop>());
        GC.KeepAlive(saw);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void HandOn(Host host, Track track, Saw saw)
    {
        HoldOne(host, track.Here<Workshop>(), saw);
        GC.KeepAlive(saw);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TakeOneEach(Host host, Track track, Saw first, Saw second)
    {
        lock (first)
            HoldOne(host, track.Here<Workshop>().Took(first), second);
        GC.KeepAlive(second);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TakeOneAndHandBothOn(Host host, Track track, Saw first, Saw second)
    {
        lock (first)
            TakeTheOther(host, track.Here<Workshop>().Took(first), first, second);
        GC.KeepAlive(second);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TakeTheOther(Host host, Track track, Saw first, Saw second)
    {
        lock (second)
            host.Park(track.Here<Workshop>().Took(second));
        GC.KeepAlive(first);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TakeTwice(Host host, Track track, Saw saw)
    {
        lock (saw)
        {
            lock (saw)
                host.Park(track.Here<Workshop>().Took(saw));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TakeAgainDeeper(Host host, Track track, Saw saw)
    {
        lock (saw)
            HoldOne(host, track.Here<Workshop>().Took(saw), saw);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TakeTwiceAndHandOn(Host host, Track track, Saw first, Saw second)
    {
        lock (first)
        {
            lock (first)
                HoldOne(host, track.Here<Workshop>().Took(first), second);
        }

        GC.KeepAlive(second);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TakeInIterator(Host host, Track track, Saw saw)
    {
        foreach (var _ in Strokes(host, track.Here<Workshop>(), saw))
            GC.KeepAlive(track);
    }

    private static IEnumerable<int> Strokes(Host host, Track track, Saw saw)
    {
        yield return 1;
        lock (saw)
            host.Park(track.Here<Workshop>().Took(saw));
        yield return 2;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TakeInLambda(Host host, Track track, Saw saw)
    {
        var cut = () =>
        {
            lock (saw)
                host.Park(track.Here<Workshop>("TakeInLambda.lambda").Took(saw));
        };
        track.Next<Workshop>();
        cut();
        GC.KeepAlive(saw);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TakeGeneric<T>(Host host, Track track, T tool)
        where T : class
    {
        lock (tool)
            host.Park(track.Here<Workshop>().Took(tool));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TryToTake(Host host, Track track, Saw saw)
    {
        if (!Monitor.TryEnter(saw))
            return;
        try
        {
            host.Park(track.Here<Workshop>().Took(saw));
        }
        finally
        {
            Monitor.Exit(saw);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WaitWithTwo(Host host, Track track, Saw first, Drill second)
    {
        lock (first)
        {
            lock (second)
            {
                host.Arrive(track.Next<Workshop>().Took(first, second).Wants(_forge));
                lock (_forge)
                    GC.KeepAlive(track);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void TryToTakeAndWait(Host host, Track track, Saw saw)
    {
        host.Arrive(track.Here<Workshop>(line: LineHere() + 5).Took(saw).Wants(_forge));
        if (!Monitor.TryEnter(saw))
            return;
        try
        {
            lock (_forge)
                GC.KeepAlive(track);
        }
        finally
        {
            Monitor.Exit(saw);
        }
    }

#if NET9_0_OR_GREATER
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void HoldLock(Host host, Track track, Lock gate)
    {
        lock (gate)
            host.Park(track.Here<Workshop>().Took(gate));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void HoldScope(Host host, Track track, Lock gate)
    {
        using (gate.EnterScope())
            host.Park(track.Here<Workshop>().Took(gate));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void HoldLockByCalls(Host host, Track track, Lock gate)
    {
        gate.Enter();
        try
        {
            host.Park(track.Here<Workshop>().Took(gate));
        }
        finally
        {
            gate.Exit();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void HoldLockAndMonitor(Host host, Track track, Lock gate, Saw saw)
    {
        lock (gate)
        {
            lock (saw)
                host.Park(track.Here<Workshop>().Took(gate, saw));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void HoldLockAndWait(Host host, Track track, Lock gate)
    {
        host.Arrive(track.Here<Workshop>(line: LineHere() + 3).Took(gate).Wants(_forge));
        lock (gate)
        {
            lock (_forge)
                GC.KeepAlive(track);
        }
    }
#endif

    private static int LineHere([CallerLineNumber] int line = 0) => line;

    private sealed class Saw;

    private sealed class Drill;

    private sealed class Forge;

    private sealed class Press
    {
        [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.Synchronized)]
        public void Squeeze(Host host, Track track)
        {
            host.Park(track.Here<Press>().Took(this));
            GC.KeepAlive(track);
        }

        [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.Synchronized)]
        public static void SqueezeAny(Host host, Track track)
        {
            host.Park(track.Here<Press>().Took(typeof(Press)));
            GC.KeepAlive(track);
        }
    }

    private sealed class Box<T>
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public void Take(Host host, Track track, Saw saw)
        {
            lock (saw)
                host.Park(track.Here<Box<T>>().Took(saw));
        }
    }
}
