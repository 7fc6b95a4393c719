using System.Collections;
using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;
using static Stackflare.Targets.Shapes.Syntax.SyntaxForms;

namespace Stackflare.Targets.Shapes.Syntax;

/// <summary>Calls in loops, and those that a loop makes itself.</summary>
internal sealed class Loops
{
    public static void StartThreads(Host host) => SyntaxForms.StartThreads(
        host,
        "",
        [
            ("while", While), ("do while", DoWhile), ("for initializer", ForInitializer), ("for condition", ForCondition), ("for iterator", ForIterator), ("foreach source", ForEachSource),
            ("foreach body", ForEachBody), ("foreach MoveNext", ForEachMoveNext), ("foreach Current", ForEachCurrent), ("foreach GetEnumerator", ForEachGetEnumerator),
            ("after a loop", AfterLoop), ("loop with break", LoopWithBreak), ("await foreach", (h, t) => OverAsync(h, t).Wait()),
        ]);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void While(Host host, Track track)
    {
        while (Stop(host, track.Here<Loops>()) > 5)
            GC.KeepAlive(host);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DoWhile(Host host, Track track)
    {
        do
        {
            GC.KeepAlive(host);
        }
        while (Stop(host, track.Here<Loops>()) > 5);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ForInitializer(Host host, Track track)
    {
        for (int i = Stop(host, track.Here<Loops>()); i < 2; i++)
            GC.KeepAlive(i);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ForCondition(Host host, Track track)
    {
        for (int i = 0; i < Stop(host, track.Here<Loops>()); i++)
            GC.KeepAlive(i);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ForIterator(Host host, Track track)
    {
        for (int i = 0; i < 2; i += 2 + Stop(host, track.Here<Loops>()))
            GC.KeepAlive(i);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ForEachSource(Host host, Track track)
    {
        foreach (int item in new[] { 1, Stop(host, track.Here<Loops>()) })
            GC.KeepAlive(item);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ForEachBody(Host host, Track track)
    {
        foreach (string item in new List<string> { "a" })
        {
            GC.KeepAlive(item);
            GC.KeepAlive(Stop(host, track.Here<Loops>()));
        }
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ForEachMoveNext(Host host, Track track)
    {
        foreach (int item in new Slow(host, track.Here<Loops>(), 1))
            GC.KeepAlive(item);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ForEachCurrent(Host host, Track track)
    {
        foreach (int item in new Slow(host, track.Here<Loops>(), 2))
            GC.KeepAlive(item);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ForEachGetEnumerator(Host host, Track track)
    {
        foreach (int item in new Slow(host, track.Here<Loops>(), 0))
            GC.KeepAlive(item);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AfterLoop(Host host, Track track)
    {
        int sum = 0;
        for (int i = 0; i < 3; i++)
        {
            if (i == 1)
                continue;
            sum += i;
        }
        sum += Stop(host, track.Here<Loops>());
        GC.KeepAlive(sum);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LoopWithBreak(Host host, Track track)
    {
        while (true)
        {
            if (Stop(host, track.Here<Loops>()) < 5)
                break;
            GC.KeepAlive(host);
        }
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task OverAsync(Host host, Track track)
    {
        await foreach (int item in Numbers())
            GC.KeepAlive(Stop(host, track.Here<Loops>()) + item);
    }

    private static async IAsyncEnumerable<int> Numbers()
    {
        await Task.CompletedTask;
        yield return 1;
    }

    /// <summary>Stops in one of the calls that a loop makes.</summary>
    private sealed class Slow(Host host, Track track, int stopIn) : IEnumerable<int>
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public IEnumerator<int> GetEnumerator()
        {
            if (stopIn == 0)
                host.Park(track.Here<Slow>());
            return new Items(host, track, stopIn);
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        private sealed class Items(Host host, Track track, int stopIn) : IEnumerator<int>
        {
            public int Current
            {
                [MethodImpl(MethodImplOptions.NoInlining)]
                get
                {
                    if (stopIn == 2)
                        host.Park(track.Here<Items>("Current.get"));
                    return track.GetHashCode();
                }
            }

            object IEnumerator.Current => Current;

            [MethodImpl(MethodImplOptions.NoInlining)]
            public bool MoveNext()
            {
                if (stopIn == 1)
                    host.Park(track.Here<Items>());
                return track.GetHashCode() != 0;
            }

            public void Reset() => throw new NotSupportedException();

            public void Dispose() => GC.KeepAlive(track);
        }
    }
}
