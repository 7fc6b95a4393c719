using System.Reflection;
using System.Runtime.CompilerServices;
using Stackflare.Snapshots;
using Stackflare.Symbols;
using Stackflare.Symbols.IL;
using Stackflare.Symbols.IL.Calls;
using Stackflare.Symbols.Modules;
using Stackflare.Symbols.Pdb;

namespace Stackflare.Tests.Symbols.IL;

/// <summary>Which call of a method leads to the next frame, by the place that the runtime gives and by the method's IL. This class has the methods.</summary>
public sealed class CallerMethodTests : IDisposable
{
    private readonly ModuleSymbols _module;
    private readonly SymbolCache _cache = new(new SymbolOptions());

    public CallerMethodTests() => _module = new ModuleSymbols(
        new SnapshotModule { Path = typeof(CallerMethodTests).Assembly.Location, Mvid = typeof(CallerMethodTests).Module.ModuleVersionId }, new SymbolOptions(), _cache, saved: null);

    public void Dispose() => _module.Dispose();

    [Fact]
    public void ThePlaceOfAnEarlierStatementIsThatOfTheCall() => Assert.Equal((2, false), Find(nameof(Kept), nameof(Stop), place: 1, compiled: [1, 3]));

    [Fact]
    public void AValueThatIsUsedNextIsMovedThere() => Assert.Equal((1, false), Find(nameof(UsedNext), nameof(Stop), place: 2, compiled: [2, 3]));

    [Fact]
    public void OfTwoCallsEachWithItsPlaceTheFirstIsItself() => Assert.Equal((1, false), Find(nameof(Twice), nameof(Stop), place: 1, next: 2, compiled: [1, 2, 3]));

    [Fact]
    public void OfTwoCallsWithOnePlaceNoneIsAsserted() => Assert.True(Find(nameof(Twice), nameof(Stop), place: 1, compiled: [1]).IsApproximate);

    [Fact]
    public void ACallWithoutAPlaceMayBeMeant() => Assert.True(Find(nameof(Twice), nameof(Stop), place: 1, compiled: [1, 3]).IsApproximate);

    [Fact]
    public void AMethodThatIsInlinedLeadsOn() => Assert.Equal((2, false), Find(nameof(CallsWrapper), nameof(Stop), place: 1, compiled: [1, 3]));

    [Fact]
    public void AMethodThatHasAFrameDoesNot() => Assert.Equal((2, false), Find(nameof(CallsFixed), nameof(Stop), place: 1, compiled: [1, 3]));

    [Fact]
    public void AnOverrideIsCalledByTheNameOfItsBase() => Assert.Equal((2, false), Find(nameof(CallsVirtual), nameof(ToString), place: 1, compiled: [1, 3]));

    [Fact]
    public void ADelegateMayCallAnyMethod() => Assert.True(Find(nameof(CallsDelegate), nameof(Stop), place: 1, compiled: [1, 3]).IsApproximate);

    [Fact]
    public void AMethodThatIsNotCalledShowsNothing()
    {
        Assert.Equal((1, true), Find(nameof(Kept), nameof(Fixed), place: 1, compiled: [1, 3]));
        Assert.Equal((1, false), Find(nameof(Kept), nameof(Fixed), place: 1, next: 2, compiled: [1, 2, 3]));
    }

    [Fact]
    public void WithoutACallTheLineIsKnownIfThereIsOne()
    {
        Assert.Equal((1, true), Find(nameof(Kept), null, place: 1, compiled: [1, 3]));
        Assert.Equal((1, false), Find(nameof(Kept), null, place: 1, compiled: [1, 2, 3]));
    }

    [Fact]
    public void CodeThatIsNotOptimizedHasAllPlaces()
    {
        Assert.Equal((1, false), Find(nameof(Twice), nameof(Stop), place: 1, compiled: [1, 2], isOptimized: false));
        Assert.Equal((2, false), Find(nameof(CallsWrapper), nameof(Wrapper), place: 2, compiled: [1, 2, 3], isOptimized: false));
    }

    [Fact]
    public void AThrowLeadsToTheRuntime()
    {
        CallerPlace place = Caller(nameof(Throws), [1]).Find(At(nameof(Throws), 1), null, new CallTarget { Kind = CalledKind.Throw });
        Assert.Equal((2, false), (StatementOf(nameof(Throws), place.ILOffset), place.IsApproximate));
    }

    [Fact]
    public void AStaticFieldLeadsToTheConstructorOfItsType()
    {
        CalledMethod constructor = _module.Calls!.Method(typeof(Slow).TypeInitializer!.MetadataToken)!;
        CallerPlace place = Caller(nameof(ReadsField), [1]).Find(
            At(nameof(ReadsField), 1), null, new CallTarget { Kind = CalledKind.Method, Methods = [constructor], Module = _module, Initialized = constructor });
        Assert.Equal((2, false), (StatementOf(nameof(ReadsField), place.ILOffset), place.IsApproximate));
    }

    /// <summary>The statement of the call, counted from 1, and whether it is uncertain.</summary>
    private (int Statement, bool IsApproximate) Find(string method, string? called, int place, int[] compiled, int? next = null, bool isOptimized = true)
    {
        CallTarget? target = called is null
            ? null
            : new CallTarget { Kind = CalledKind.Method, Methods = [_module.Calls!.Method(Token(called))!], Module = _module };
        CallerPlace found = Caller(method, compiled, isOptimized).Find(At(method, place), next is { } n ? At(method, n) : null, target);
        return (StatementOf(method, found.ILOffset), found.IsApproximate);
    }

    private CallerMethod Caller(string method, int[] compiled, bool isOptimized = true) => new(
        _module, _module.Calls!.Body(Token(method)), _module.Statements((uint)Token(method)), new ILPlaces([.. compiled.Select(s => (uint)At(method, s))]), isOptimized);

    private static int Token(string method) =>
        typeof(CallerMethodTests).GetMethod(method, BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly)!.MetadataToken;

    /// <summary>The IL offset of a statement. Number 0 is the brace.</summary>
    private int At(string method, int statement) => Visible(method)[statement].ILOffset;

    private int StatementOf(string method, int offset) => Array.FindLastIndex(Visible(method), s => s.ILOffset <= offset);

    private PdbStatement[] Visible(string method) => [.. _module.Statements((uint)Token(method)).Where(s => s.Line != 0)];

    private static void Kept()
    {
        string value = Load();
        Stop();
        GC.KeepAlive(value);
    }

    private static void UsedNext()
    {
        string value = Stop();
        Use(1, value);
        Load();
    }

    private static void Twice()
    {
        Stop();
        Stop();
        Load();
    }

    private static void CallsWrapper()
    {
        string value = Load();
        Wrapper();
        GC.KeepAlive(value);
    }

    private static void CallsFixed()
    {
        Fixed();
        Stop();
        Load();
    }

    private static void CallsVirtual()
    {
        object value = Load();
        value.ToString();
        Load();
    }

    private static void CallsDelegate()
    {
        new Action(() => Load())();
        Stop();
        Load();
    }

    private static void Throws()
    {
        string value = Load();
        throw new InvalidOperationException(value);
    }

    private static void ReadsField()
    {
        string value = Load();
        Use(Slow.Value, value);
    }

    private static string Wrapper() => Stop() + Load();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Fixed()
    {
        Stop();
        Load();
    }

    private static string Stop() => "";

    private static string Load() => "";

    private static void Use(int number, string value) => GC.KeepAlive((number, value));

    public override string ToString() => "";

    private static class Slow
    {
        public static int Value;

        static Slow() => Value = 1;
    }
}
