using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;
using static Stackflare.Targets.Shapes.Syntax.SyntaxForms;

namespace Stackflare.Targets.Shapes.Syntax;

/// <summary>Calls as parts of expressions.</summary>
internal sealed class Expressions
{
    private int _field;

    public static void StartThreads(Host host) => SyntaxForms.StartThreads(
        host,
        "",
        [
            ("conditional", Conditional), ("coalescing", Coalescing), ("coalescing assignment", CoalescingAssignment), ("and", And), ("or", Or), ("interpolated", Interpolated),
            ("concatenation", Concatenation), ("array", Array), ("collection expression", CollectionExpression), ("spread", Spread), ("object initializer", ObjectInitializer),
            ("collection initializer", CollectionInitializer), ("index initializer", IndexInitializer), ("tuple", Tuple), ("swap", Swap), ("switch expression", SwitchExpression),
            ("switch expression governing", SwitchExpressionGoverning), ("with", With), ("index", Index), ("range", Range), ("compound assignment", CompoundAssignment), ("cast", Cast),
            ("checked", Checked), ("unary", Unary), ("null-conditional", NullConditional), ("null-conditional assignment", NullConditionalAssignment), ("chain", Chain),
            ("type argument", TypeArgument), ("stackalloc", Stackalloc), ("throw", Throw), ("discard", Discard), ("anonymous object", AnonymousObject), ("increment", Increment), ("is", Is),
        ]);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Conditional(Host host, Track track)
    {
        object value = track.GetHashCode() == 0 ? 0 : Stop(host, track.Here<Expressions>());
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Coalescing(Host host, Track track)
    {
        object value = Nothing(track) ?? Stop(host, track.Here<Expressions>());
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CoalescingAssignment(Host host, Track track)
    {
        object? value = Nothing(track);
        value ??= Stop(host, track.Here<Expressions>());
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void And(Host host, Track track)
    {
        bool value = track.GetHashCode() != 0 && Stop(host, track.Here<Expressions>()) > 0;
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Or(Host host, Track track)
    {
        bool value = track.GetHashCode() == 0 || Stop(host, track.Here<Expressions>()) > 0;
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Interpolated(Host host, Track track)
    {
        string value = $"{track.GetHashCode()} and {Stop(host, track.Here<Expressions>())}";
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Concatenation(Host host, Track track)
    {
        string value = "a" + Stop(host, track.Here<Expressions>()) + "b";
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Array(Host host, Track track)
    {
        int[] value = new int[] { 1, Stop(host, track.Here<Expressions>()), 3 };
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CollectionExpression(Host host, Track track)
    {
        List<int> value = [1, Stop(host, track.Here<Expressions>()), 3];
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Spread(Host host, Track track)
    {
        int[] value = [1, .. Several(host, track.Here<Expressions>()), 3];
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ObjectInitializer(Host host, Track track)
    {
        var value = new Expressions { _field = Stop(host, track.Here<Expressions>()) };
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CollectionInitializer(Host host, Track track)
    {
        var value = new List<int> { 1, Stop(host, track.Here<Expressions>()) };
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void IndexInitializer(Host host, Track track)
    {
        var value = new Dictionary<int, int> { [1] = Stop(host, track.Here<Expressions>()) };
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Tuple(Host host, Track track)
    {
        (int A, int B) value = (1, Stop(host, track.Here<Expressions>()));
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Swap(Host host, Track track)
    {
        int[] pair = [1, 2];
        (pair[0], pair[1]) = (pair[1], Stop(host, track.Here<Expressions>()));
        GC.KeepAlive(pair);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void SwitchExpression(Host host, Track track)
    {
        int value = track.GetHashCode() switch
        {
            0 => host.GetHashCode(),
            > 0 => Stop(host, track.Here<Expressions>()),
            _ => 2,
        };
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void SwitchExpressionGoverning(Host host, Track track)
    {
        string value = Stop(host, track.Here<Expressions>()) switch
        {
            0 => "zero",
            _ => "more",
        };
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void With(Host host, Track track)
    {
        var value = new Pair(1, 2);
        GC.KeepAlive(value);
        value = value with { B = Stop(host, track.Here<Expressions>()) };
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Index(Host host, Track track)
    {
        int[] values = [1, 2, 3];
        int value = values[Stop(host, track.Here<Expressions>())];
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Range(Host host, Track track)
    {
        int[] values = [1, 2, 3];
        int[] value = values[Stop(host, track.Here<Expressions>())..^1];
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CompoundAssignment(Host host, Track track)
    {
        int value = track.GetHashCode();
        value += Stop(host, track.Here<Expressions>());
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Cast(Host host, Track track)
    {
        long value = (long)Stop(host, track.Here<Expressions>());
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Checked(Host host, Track track)
    {
        int value = checked(Stop(host, track.Here<Expressions>()) + 1);
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Unary(Host host, Track track)
    {
        int value = -Stop(host, track.Here<Expressions>());
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void NullConditional(Host host, Track track)
    {
        Expressions? self = Maybe(track);
        int? value = self?.Do(host, track.Here<Expressions>());
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void NullConditionalAssignment(Host host, Track track)
    {
        Expressions? self = Maybe(track);
        self?._field = Stop(host, track.Here<Expressions>());
        GC.KeepAlive(self);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Chain(Host host, Track track)
    {
        int value = Maybe(track)!.Same().Same().Do(host, track.Here<Expressions>());
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TypeArgument(Host host, Track track)
    {
        var value = Same<Dictionary<string, int[]>>(host, track.Here<Expressions>());
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Stackalloc(Host host, Track track)
    {
        Span<int> values = stackalloc int[] { 1, 2 };
        values[0] = Stop(host, track.Here<Expressions>());
        GC.KeepAlive(values[1]);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Throw(Host host, Track track)
    {
        int value = Maybe(track) is null ? throw new InvalidOperationException() : Stop(host, track.Here<Expressions>());
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Discard(Host host, Track track)
    {
        _ = Stop(host, track.Here<Expressions>());
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AnonymousObject(Host host, Track track)
    {
        var value = new { A = 1, B = Stop(host, track.Here<Expressions>()) };
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Increment(Host host, Track track)
    {
        int[] values = [1, 2, 3];
        values[Stop(host, track.Here<Expressions>())]++;
        GC.KeepAlive(values);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Is(Host host, Track track)
    {
        bool value = Stop(host, track.Here<Expressions>()) is > 0 and < 5 or 7;
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static object? Nothing(Track track) => track.GetHashCode() switch { 0 => track, 1 => "one", _ => null };

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Expressions? Maybe(Track track) => track.GetHashCode() == 0 ? null : new Expressions();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int[] Several(Host host, Track track)
    {
        host.Park(track.Here<Expressions>());
        return [track.GetHashCode()];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static T? Same<T>(Host host, Track track)
    {
        host.Park(track.Here<Expressions>());
        return track is T t ? t : default;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Expressions Same() => this;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int Do(Host host, Track track)
    {
        host.Park(track.Here<Expressions>());
        return _field;
    }

    private sealed record Pair(int A, int B);
}
