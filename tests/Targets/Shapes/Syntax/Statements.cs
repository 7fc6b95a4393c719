using System.Collections;
using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;
using static Stackflare.Targets.Shapes.Syntax.SyntaxForms;

namespace Stackflare.Targets.Shapes.Syntax;

/// <summary>Calls in each kind of statement, and those that a statement makes itself.</summary>
internal sealed class Statements
{
    public static void StartThreads(Host host)
    {
        (string Name, Action<Host, Track> Body)[] forms =
        [
            ("if", If), ("else if", ElseIf), ("while", While), ("do while", DoWhile), ("for initializer", ForInitializer), ("for condition", ForCondition), ("for iterator", ForIterator), ("foreach source", ForEachSource),
            ("foreach body", ForEachBody), ("foreach MoveNext", ForEachMoveNext), ("foreach Current", ForEachCurrent), ("foreach GetEnumerator", ForEachGetEnumerator), ("using resource", UsingResource), ("using body", UsingBody),
            ("lock", LockObject), ("lock body", LockBody), ("switch", Switch), ("case", Case), ("case guard", CaseGuard), ("default", Default), ("goto", Goto), ("try", Try), ("nested try", NestedTry), ("fixed body", FixedBody),
            ("checked block", CheckedBlock), ("expression body", (h, t) => GC.KeepAlive(ExpressionBody(h, t))), ("return", (h, t) => GC.KeepAlive(Return(h, t))), ("yield return", (h, t) => GC.KeepAlive(YieldReturn(h, t).First())),
            ("deconstruction", Deconstruction), ("local constant", LocalConstant), ("after a loop", AfterLoop), ("one line", OneLine), ("line directive", Mapped), ("loop with break", LoopWithBreak), ("await foreach", (h, t) => OverAsync(h, t).Wait()),
        ];
        foreach (var (name, body) in forms)
            host.StartThread(name, track => body(host, track));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void If(Host host, Track track)
    {
        if (Stop(host, track.Here<Statements>()) > 5)
            GC.KeepAlive(host);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ElseIf(Host host, Track track)
    {
        if (track.GetHashCode() == 0)
            GC.KeepAlive(host);
        else if (Stop(host, track.Here<Statements>()) > 5)
            GC.KeepAlive(track);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void While(Host host, Track track)
    {
        while (Stop(host, track.Here<Statements>()) > 5)
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
        while (Stop(host, track.Here<Statements>()) > 5);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ForInitializer(Host host, Track track)
    {
        for (int i = Stop(host, track.Here<Statements>()); i < 2; i++)
            GC.KeepAlive(i);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ForCondition(Host host, Track track)
    {
        for (int i = 0; i < Stop(host, track.Here<Statements>()); i++)
            GC.KeepAlive(i);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ForIterator(Host host, Track track)
    {
        for (int i = 0; i < 2; i += 2 + Stop(host, track.Here<Statements>()))
            GC.KeepAlive(i);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ForEachSource(Host host, Track track)
    {
        foreach (int item in new[] { 1, Stop(host, track.Here<Statements>()) })
            GC.KeepAlive(item);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ForEachBody(Host host, Track track)
    {
        foreach (string item in new List<string> { "a" })
        {
            GC.KeepAlive(item);
            GC.KeepAlive(Stop(host, track.Here<Statements>()));
        }
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ForEachMoveNext(Host host, Track track)
    {
        foreach (int item in new Slow(host, track.Here<Statements>(), 1))
            GC.KeepAlive(item);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ForEachCurrent(Host host, Track track)
    {
        foreach (int item in new Slow(host, track.Here<Statements>(), 2))
            GC.KeepAlive(item);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ForEachGetEnumerator(Host host, Track track)
    {
        foreach (int item in new Slow(host, track.Here<Statements>(), 0))
            GC.KeepAlive(item);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void UsingResource(Host host, Track track)
    {
        using (Open(host, track.Here<Statements>()))
            GC.KeepAlive(host);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void UsingBody(Host host, Track track)
    {
        using var gate = new MemoryStream();
        GC.KeepAlive(Stop(host, track.Here<Statements>()));
        GC.KeepAlive(gate);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LockObject(Host host, Track track)
    {
        lock ((object)Stop(host, track.Here<Statements>()))
            GC.KeepAlive(host);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LockBody(Host host, Track track)
    {
        lock (new object())
        {
            GC.KeepAlive(Stop(host, track.Here<Statements>()));
        }
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Switch(Host host, Track track)
    {
        switch (Stop(host, track.Here<Statements>()))
        {
            case 0:
                GC.KeepAlive(host);
                break;
            default:
                GC.KeepAlive(track);
                break;
        }
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Case(Host host, Track track)
    {
        switch (track.GetHashCode())
        {
            case 0:
                GC.KeepAlive(host);
                break;
            case > 0:
                GC.KeepAlive(Stop(host, track.Here<Statements>()));
                break;
        }
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CaseGuard(Host host, Track track)
    {
        switch (track.GetHashCode())
        {
            case 0:
                GC.KeepAlive(host);
                break;
            case > 0 when Stop(host, track.Here<Statements>()) > 5:
                GC.KeepAlive(track);
                break;
        }
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Default(Host host, Track track)
    {
        switch (track.ToString())
        {
            case "a":
            case "b":
                GC.KeepAlive(host);
                break;
            default:
                GC.KeepAlive(Stop(host, track.Here<Statements>()));
                break;
        }
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Goto(Host host, Track track)
    {
        int i = 0;
    again:
        if (i++ < 2)
            goto again;
        GC.KeepAlive(Stop(host, track.Here<Statements>()));
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Try(Host host, Track track)
    {
        try
        {
            GC.KeepAlive(host);
            GC.KeepAlive(Stop(host, track.Here<Statements>()));
        }
        catch (FormatException)
        {
            GC.KeepAlive(track);
        }
        finally
        {
            GC.KeepAlive(host);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void NestedTry(Host host, Track track)
    {
        try
        {
            try
            {
                GC.KeepAlive(host);
            }
            finally
            {
                GC.KeepAlive(track);
            }
            GC.KeepAlive(Stop(host, track.Here<Statements>()));
        }
        catch (FormatException) when (track.GetHashCode() > 0)
        {
            GC.KeepAlive(track);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe void FixedBody(Host host, Track track)
    {
        int[] values = [1, 2];
        fixed (int* first = values)
        {
            *first = Stop(host, track.Here<Statements>());
        }
        GC.KeepAlive(values);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CheckedBlock(Host host, Track track)
    {
        checked
        {
            int value = 1 + Stop(host, track.Here<Statements>());
            GC.KeepAlive(value);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int ExpressionBody(Host host, Track track) => Stop(host, track.Here<Statements>()) + track.GetHashCode();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Return(Host host, Track track)
    {
        if (track.GetHashCode() == 0)
            return 1;
        return Stop(host, track.Here<Statements>()) + track.GetHashCode();
    }

    private static IEnumerable<int> YieldReturn(Host host, Track track)
    {
        yield return Stop(host, track.Here<Statements>());
        yield return 2;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Deconstruction(Host host, Track track)
    {
        (int first, int second) = new Parts(host, track.Here<Statements>());
        GC.KeepAlive((first, second));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LocalConstant(Host host, Track track)
    {
        const int more = 5;
        int value = Stop(host, track.Here<Statements>()) + more;
        GC.KeepAlive(value);
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
        sum += Stop(host, track.Here<Statements>());
        GC.KeepAlive(sum);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void OneLine(Host host, Track track) { GC.KeepAlive(host); GC.KeepAlive(Stop(host, track.Here<Statements>())); GC.KeepAlive(track); }

    /// <summary>What generates code maps it to the file that it was generated from.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Mapped(Host host, Track track)
    {
#line 4711 "Page.razor"
        GC.KeepAlive(Stop(host, track.Here<Statements>()));
#line default
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LoopWithBreak(Host host, Track track)
    {
        while (true)
        {
            if (Stop(host, track.Here<Statements>()) < 5)
                break;
            GC.KeepAlive(host);
        }
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task OverAsync(Host host, Track track)
    {
        await foreach (int item in Numbers())
            GC.KeepAlive(Stop(host, track.Here<Statements>()) + item);
    }

    private static async IAsyncEnumerable<int> Numbers()
    {
        await Task.CompletedTask;
        yield return 1;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static MemoryStream Open(Host host, Track track)
    {
        host.Park(track.Here<Statements>());
        return new MemoryStream(track.GetHashCode() & 7);
    }

    private sealed class Parts(Host host, Track track)
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public void Deconstruct(out int first, out int second)
        {
            host.Park(track.Here<Parts>());
            (first, second) = (1, track.GetHashCode());
        }
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
