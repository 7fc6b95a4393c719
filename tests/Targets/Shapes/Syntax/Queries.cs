using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;
using static Stackflare.Targets.Shapes.Syntax.SyntaxForms;

namespace Stackflare.Targets.Shapes.Syntax;

/// <summary>Clauses of queries, which are lambdas.</summary>
internal sealed class Queries
{
    private static readonly int[] Numbers = [1, 2];

    public static void StartThreads(Host host) => SyntaxForms.StartThreads(
        host,
        "query: ",
        [
            ("where", Where), ("select", Select), ("let", Let), ("orderby", OrderBy), ("second from", SecondFrom), ("join", Join), ("group", Group), ("method syntax", MethodSyntax), ("lines", Lines),
        ]);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Where(Host host, Track track)
    {
        var query = from n in Numbers where n > 0 && Stop(host, track.Here<Queries>("Where.lambda")) > 0 select n;
        track.Next<Queries>();
        int value = query.Count();
        GC.KeepAlive((value, query));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Select(Host host, Track track)
    {
        var query = from n in Numbers select n + Stop(host, track.Here<Queries>("Select.lambda"));
        track.Next<Queries>();
        int value = query.First();
        GC.KeepAlive((value, query));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Let(Host host, Track track)
    {
        var query = from n in Numbers let m = n + Stop(host, track.Here<Queries>("Let.lambda")) where m > 0 select m;
        track.Next<Queries>();
        int value = query.First();
        GC.KeepAlive((value, query));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void OrderBy(Host host, Track track)
    {
        var query = from n in Numbers orderby n + Stop(host, track.Here<Queries>("OrderBy.lambda")) descending select n;
        track.Next<Queries>();
        List<int> value = query.ToList();
        GC.KeepAlive((value, query));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void SecondFrom(Host host, Track track)
    {
        var query = from n in Numbers from m in new[] { n, Stop(host, track.Here<Queries>("SecondFrom.lambda")) } select m;
        track.Next<Queries>();
        int value = query.First();
        GC.KeepAlive((value, query));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Join(Host host, Track track)
    {
        var query = from n in Numbers join m in Numbers on n equals m + Stop(host, track.Here<Queries>("Join.lambda")) select n + m;
        track.Next<Queries>();
        int value = query.FirstOrDefault();
        GC.KeepAlive((value, query));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Group(Host host, Track track)
    {
        var query = from n in Numbers group n by n + Stop(host, track.Here<Queries>("Group.lambda")) into g select g.Key;
        track.Next<Queries>();
        int value = query.First();
        GC.KeepAlive((value, query));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MethodSyntax(Host host, Track track)
    {
        track.Next<Queries>();
        int value = Numbers.Where(n => n > 0).Select(n => n + Stop(host, track.Here<Queries>("MethodSyntax.lambda"))).First();
        GC.KeepAlive(value);
    }

    /// <summary>Each clause is at its own line.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Lines(Host host, Track track)
    {
        var query =
            from n in Numbers
            where n > 0
            let m = n + 1
            where m > 0 && Stop(host, track.Here<Queries>("Lines.lambda")) > 5
            select n + m;
        track.Next<Queries>();
        int value = query.FirstOrDefault();
        GC.KeepAlive((value, query));
    }
}
