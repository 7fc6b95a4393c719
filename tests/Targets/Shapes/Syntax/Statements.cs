using System.Collections;
using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;
using static Stackflare.Targets.Shapes.Syntax.SyntaxForms;

namespace Stackflare.Targets.Shapes.Syntax;

/// <summary>Calls in each kind of statement, and those that a statement makes itself.</summary>
internal sealed class Statements
{
    public static void StartThreads(Host host) => SyntaxForms.StartThreads(
        host,
        "",
        [
            ("if", If), ("else if", ElseIf), ("using resource", UsingResource), ("using body", UsingBody), ("lock", LockObject), ("lock body", LockBody), ("switch", Switch), ("case", Case),
            ("case guard", CaseGuard), ("default", Default), ("goto", Goto), ("try", Try), ("nested try", NestedTry), ("fixed body", FixedBody), ("checked block", CheckedBlock),
            ("expression body", (h, t) => GC.KeepAlive(ExpressionBody(h, t))), ("return", (h, t) => GC.KeepAlive(Return(h, t))),
            ("yield return", (h, t) => GC.KeepAlive(YieldReturn(h, t).First())), ("deconstruction", Deconstruction), ("local constant", LocalConstant), ("one line", OneLine),
            ("line directive", Mapped),
        ]);

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
}
