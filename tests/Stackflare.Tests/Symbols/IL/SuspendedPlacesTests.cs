using System.Reflection;
using System.Runtime.CompilerServices;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using Stackflare.Symbols;
using Stackflare.Symbols.IL;
using Stackflare.Symbols.Modules;
using Stackflare.Symbols.Saved;
using Stackflare.Tests.Symbols.Saved;

namespace Stackflare.Tests.Symbols.IL;

/// <summary>At which await a suspended method stands, by what the runtime says of this and of the other places of the same code. This assembly has the methods.</summary>
public sealed class SuspendedPlacesTests
{
    private const int Unknown = -1;

    private static readonly int[] Awaits = AwaitsOf(nameof(Several));

    [Fact]
    public void ACallIsItself() => Assert.Equal([(Awaits[1], Line(1))], Show(Awaits[1]));

    [Fact]
    public void WhereAStatementBeginsItsAwaitIsMeant() => Assert.Equal([(Awaits[2], Line(2))], Show(Awaits[2] - 5));

    [Fact]
    public void OfTwoInOneStatementTheLineIsKnown() => Assert.Equal([(Awaits[3] - 1, Line(3))], Show(Awaits[3] - 1));

    [Fact]
    public void ThatIsAllUnlessThereIsAnAwaitToIt() => Assert.Equal([(null, 0)], Show(AwaitsOf(nameof(Several))[^1] + 1));

    [Fact]
    public void TheOneThatIsNoCallIsMeantWhereNothingIsSaid() =>
        Assert.Equal((Awaits[1], Line(1)), Show(Unknown, Awaits[0], Awaits[2], Awaits[3], Awaits[4])[0]);

    [Fact]
    public void OfSeveralInOneStatementItIsTheStatement() => Assert.Equal(Line(3), Show(Unknown, Awaits[0], Awaits[1], Awaits[2])[0].Line);

    /// <summary>A part of one await can have the statement's place, and another none.</summary>
    [Fact]
    public void WhatIsCompiledIntoTheMethodIsNoCall() => Assert.Equal((null, 0), Show(Unknown, Awaits[0], Awaits[2] - 5, Awaits[3], Awaits[4])[0]);

    [Fact]
    public void OfSeveralNoneIsTold() => Assert.Equal((null, 0), Show(Unknown, Awaits[0], Awaits[3], Awaits[4])[0]);

    [Fact]
    public void NothingIsToldWithoutTheOthers() => Assert.Equal([(null, 0)], Show(Unknown));

    [Fact]
    public void OfOneAwaitNothingHasToBeSaid() => Assert.Equal([(AwaitsOf(nameof(Single))[0], Line(-12))], Show(nameof(Single), 1, Unknown));

    /// <summary>Right after a constructor's call a statement begins, so that the place is not one of a call for certain.</summary>
    [Fact]
    public void BehindAConstructorItMayBeAStatement()
    {
        int[] awaits = AwaitsOf(nameof(OfNew));
        Assert.Equal((awaits[1], Line(-6)), Show(nameof(OfNew), 1, awaits[1], Unknown)[0]);
        Assert.Equal((null, 0), Show(nameof(OfNew), 1, Unknown, awaits[1])[0]);
        Assert.Equal((awaits[1], Line(-6)), Show(nameof(OfNew), 1, Unknown, awaits[0])[0]);
    }

    /// <summary>Optimized code has one piece for two awaits with what comes after them, and the place of one.</summary>
    [Theory]
    [InlineData(nameof(EndAlike))]
    [InlineData(nameof(ReturnAlike))]
    public void WhatEndsAlikeMayBeOne(string method)
    {
        int[] awaits = AwaitsOf(method);
        Assert.Equal(2, awaits.Length);
        foreach ((int one, int other) in ((int, int)[])[(awaits[0], awaits[1]), (awaits[1], awaits[0])])
        {
            Assert.Equal([(null, 0)], Show(method, 1, one));
            Assert.Equal((one, true), Show(method, 1, one, other)[0] is var (offset, line) ? (offset, line > 0) : default);
        }
    }

    [Fact]
    public void WhatEndsOtherwiseIsNot()
    {
        int[] awaits = AwaitsOf(nameof(EndOtherwise));
        Assert.Equal([(awaits[0], true), (awaits[1], true)], awaits.Select(a => Show(nameof(EndOtherwise), 1, a)[0] is var (offset, line) ? (offset!.Value, line > 0) : default));
    }

    [Fact]
    public void PlacesOfOtherCodeTellNothing()
    {
        (int? ILOffset, int Line)[] found = Show(nameof(Several), 2, Unknown, Awaits[0], Awaits[2], Awaits[3], Awaits[4]);
        Assert.Equal((null, 0), found[0]);
    }

    [Fact]
    public void AFileHasWhatWasFound()
    {
        Snapshot snapshot = Standing(nameof(Several), 1, [Unknown, Awaits[0], Awaits[2], Awaits[3], Awaits[4]]);
        byte[] file = SavedDump.Save(snapshot, new Symbolicator(new SymbolOptions()));
        (Snapshot read, SnapshotDirectory directory) = SnapshotFile.Read(file);
        SavedSymbols saved = SavedSymbols.Decode(read, directory);
        // The methods of this class are not async.
        Assert.Equal(new SavedPlace(Awaits[1], "YieldAwaiter", IsPassedThrough: true), saved.Places[0]);
        DumpFrame frame = SavedDump.Desk().Resolve(read, saved)[0];
        Assert.Equal((Awaits[1], Line(1), true), (frame.ILOffset, frame.Source!.Line, frame.IsHidden));
    }

    private static (int? ILOffset, int Line)[] Show(params int[] places) => Show(nameof(Several), 1, places);

    /// <summary>What is found of places; of <paramref name="codes"/> pieces of code in turn.</summary>
    private static (int? ILOffset, int Line)[] Show(string method, int codes, params int[] places) =>
        [.. new Symbolicator(new SymbolOptions()).Resolve(Standing(method, codes, places)).Select(f => (f.ILOffset, f.Source?.Line ?? 0))];

    private static Snapshot Standing(string method, int codes, int[] places)
    {
        var builder = new SnapshotBuilder
        {
            Host = CodeSnapshot.Host,
            Heap = new SnapshotHeap
            {
                Objects = [],
                Layouts = [],
                Running = [],
                Suspensions = [.. places.Select((_, i) => new SuspensionPoint(0x2000 + (ulong)i, i, places.Length == 1 ? 0 : 1 + (uint)(i % codes)))],
                Now = default,
                IsTruncated = false,
            },
        };
        Module module = typeof(SuspendedPlacesTests).Module;
        int of = builder.Add(new SnapshotMethod
        {
            Module = builder.Add(new SnapshotModule { Path = module.FullyQualifiedName, Mvid = module.ModuleVersionId }),
            Token = (uint)Token(method),
        });
        for (int i = 0; i < places.Length; i++)
            builder.Add(new SnapshotFrame { Method = of, Address = 0x1000 + (ulong)i, ILOffset = places[i] == Unknown ? null : places[i], IsAwait = true });
        return builder.Build();
    }

    private static int[] AwaitsOf(string method)
    {
        using ModuleImage image = ModuleImage.FromFile(typeof(SuspendedPlacesTests).Assembly.Location, typeof(SuspendedPlacesTests).Module.ModuleVersionId)!;
        return [.. new SuspensionCalls(image).AwaitsOf(Token(method)).Select(c => c.ILOffset)];
    }

    private static int Token(string method) => typeof(SuspendedPlacesTests).GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!.MetadataToken;

    /// <summary>The line of the awaits of <see cref="Several"/>, those before it counted from the first.</summary>
    private static int Line(int statement) => FirstLine() + statement;

    private static int FirstLine([CallerLineNumber] int line = 0) => line + 18;

    private static void Single()
    {
        AsyncHelpers.Await(Task.CompletedTask);
    }

    private static void OfNew()
    {
        AsyncHelpers.Await(Task.CompletedTask);
        AsyncHelpers.Await(new Task(GC.Collect));
    }

    private static void Several()
    {
        // The tests know how far these lines are from the one that says so.
        AsyncHelpers.Await(Task.CompletedTask);
        AsyncHelpers.UnsafeAwaitAwaiter(default(YieldAwaitable.YieldAwaiter));
        AsyncHelpers.Await(Task.CompletedTask);
        GC.KeepAlive((AsyncHelpers.Await(Task.CompletedTask), AsyncHelpers.Await(Task.CompletedTask)));
    }

    private static void EndAlike(int number)
    {
        if (number == 1)
        {
            GC.Collect();
            AsyncHelpers.Await(Task.CompletedTask);
        }
        else
        {
            AsyncHelpers.Await(Task.CompletedTask);
        }
        GC.Collect();
    }

    private static void ReturnAlike(int number)
    {
        if (number == 1)
        {
            AsyncHelpers.Await(Task.CompletedTask);
            return;
        }
        GC.Collect();
        AsyncHelpers.Await(Task.CompletedTask);
    }

    private static void EndOtherwise(int number)
    {
        if (number == 1)
        {
            AsyncHelpers.Await(Task.CompletedTask);
            GC.Collect();
            return;
        }
        GC.WaitForPendingFinalizers();
        AsyncHelpers.Await(Task.CompletedTask);
        GC.WaitForPendingFinalizers();
    }

    private static class AsyncHelpers
    {
        public static Task Await(Task task) => task;

        public static void UnsafeAwaitAwaiter<TAwaiter>(TAwaiter awaiter) => GC.KeepAlive(awaiter);
    }
}
