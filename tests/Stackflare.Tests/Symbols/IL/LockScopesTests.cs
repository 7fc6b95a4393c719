using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using Stackflare.Symbols.IL;
using Stackflare.Symbols.Modules;

namespace Stackflare.Tests.Symbols.IL;

/// <summary>Against places of this very assembly: each method says where it stands, and how many locks it holds.</summary>
public sealed class LockScopesTests
{
    private static readonly object Gate = new(), Other = new();
    private static readonly Lock Modern = new();
    private static readonly ReaderWriterLockSlim Table = new();
    private static readonly LockHolder Nested = new();

    public static TheoryData<string, int> Places => new()
    {
        { nameof(Before), 0 }, { nameof(Inside), 1 }, { nameof(After), 0 }, { nameof(Two), 2 }, { nameof(TwoLocksOneAfterAnother), 1 },
        { nameof(InModernLock), 1 }, { nameof(Mixed), 2 }, { nameof(TriedAndAnother), 2 }, { nameof(InSynchronized), 1 }, { nameof(Reading), 0 }, { nameof(OrdinaryFinally), 0 },
        { nameof(InLambda), 1 }, { nameof(InIterator), 0 }, { nameof(BeforeAwait), 1 }, { nameof(LongWayToTheMonitor), 1 }, { nameof(InCatchInside), 1 },
        { nameof(ByCallsAlone), 0 }, { nameof(Disposing), 0 },
    };

    [Theory]
    [MemberData(nameof(Places))]
    public void APlaceIsInSoManyStatements(string method, int expected)
    {
        (MethodBase place, int offset) = ((MethodBase, int))GetType().GetMethod(method, BindingFlags.Static | BindingFlags.NonPublic)!.Invoke(null, null)!;

        Assert.Equal(expected, Around(place, offset));
    }

    [Fact]
    public void AReaderWriterLockIsAnotherKind()
    {
        (MethodBase place, int offset) = Reading();

        Assert.Equal(new LockScopeCounts(0, 1, false), Counts(place, offset));
    }

    [Theory]
    [InlineData(nameof(WritesWithoutLimit), true)]
    [InlineData(nameof(WritesWithLimit), false)]
    [InlineData(nameof(JoinsWithoutLimit), true)]
    [InlineData(nameof(JoinsWithLimit), false)]
    [InlineData(nameof(Inside), false)]
    public void AWaitSaysWhetherItHasATimeLimit(string method, bool expected)
    {
        (MethodBase place, int offset) = ((MethodBase, int))GetType().GetMethod(method, BindingFlags.Static | BindingFlags.NonPublic)!.Invoke(null, null)!;

        Assert.Equal(expected, Counts(place, offset).WaitsForever);
    }

    /// <summary>A thread that waits for the monitor is within the statement's <c>try</c>, and holds nothing.</summary>
    [Fact]
    public void WhoWaitsForTheMonitorDoesNotHoldIt()
    {
        MethodInfo method = GetType().GetMethod(nameof(Inside), BindingFlags.Static | BindingFlags.NonPublic)!;
        int enter = Call(method, nameof(Monitor.Enter));

        Assert.Equal(0, Around(method, enter));
        Assert.Equal(1, Around(method, enter + 5));
    }

    /// <summary>Waiting for the inner one, the outer one is held: by another kind of statement, or by a call before the <c>try</c>.</summary>
    [Theory]
    [InlineData(nameof(Mixed))]
    [InlineData(nameof(TriedAndAnother))]
    public void WhoWaitsForTheMonitorWithinHoldsTheOneAround(string method)
    {
        MethodInfo place = GetType().GetMethod(method, BindingFlags.Static | BindingFlags.NonPublic)!;
        Assert.Equal(1, Around(place, Call(place, nameof(Monitor.Enter))));
        Assert.Equal(2, Around(place, Call(place, nameof(Monitor.Enter)) + 5));
    }

    [Fact]
    public void AMethodWithoutABodyIsInNone() => Assert.Equal(0, Around(typeof(IDisposable).GetMethod(nameof(IDisposable.Dispose))!, 0));

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(1 << 20)]
    [InlineData(-1)]
    public void AnOffsetThatIsNotThereIsInNone(int offset) =>
        Assert.Equal(0, Around(GetType().GetMethod(nameof(Inside), BindingFlags.Static | BindingFlags.NonPublic)!, offset));

    /// <summary>Where a method calls one of <see cref="Monitor"/>'s.</summary>
    private static int Call(MethodInfo method, string name)
    {
        byte[] code = method.GetMethodBody()!.GetILAsByteArray()!;
        return Enumerable.Range(0, code.Length - 4).First(at => code[at] == 0x28 && Resolve(BitConverter.ToInt32(code, at + 1)) is { } called && called.DeclaringType == typeof(Monitor) && called.Name == name);

        // The byte of the instruction can be part of an operand too, which is no token.
        MethodBase? Resolve(int token)
        {
            try
            {
                return method.Module.ResolveMethod(token);
            }
            catch (ArgumentException)
            {
                return null;
            }
        }
    }

    private static int Around(MethodBase method, int offset) => Counts(method, offset).Exclusive;

    private static LockScopeCounts Counts(MethodBase method, int offset)
    {
        using ModuleImage image = ModuleImage.FromFile(method.Module.FullyQualifiedName, method.Module.ModuleVersionId)!;
        return new LockScopes(image).Around(method.MetadataToken, offset);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (MethodBase Method, int Offset) Here()
    {
        StackFrame frame = new(1);
        return (frame.GetMethod()!, frame.GetILOffset());
    }

    private static (MethodBase, int) Before()
    {
        var place = Here();
        lock (Gate)
            return place;
    }

    private static (MethodBase, int) Inside()
    {
        lock (Gate)
        {
            return Here();
        }
    }

    private static (MethodBase, int) After()
    {
        lock (Gate)
            GC.KeepAlive(Gate);
        return Here();
    }

    private static (MethodBase, int) Two()
    {
        lock (Gate)
        {
            lock (Other)
                return Here();
        }
    }

    private static (MethodBase, int) TwoLocksOneAfterAnother()
    {
        lock (Gate)
            GC.KeepAlive(Gate);
        lock (Other)
            return Here();
    }

    private static (MethodBase, int) InModernLock()
    {
        lock (Modern)
            return Here();
    }

    private static (MethodBase, int) Mixed()
    {
        lock (Modern)
        {
            lock (Gate)
                return Here();
        }
    }

    private static (MethodBase, int) TriedAndAnother()
    {
        if (!Monitor.TryEnter(Gate))
            return default;
        try
        {
            lock (Other)
                return Here();
        }
        finally
        {
            Monitor.Exit(Gate);
        }
    }

    [MethodImpl(MethodImplOptions.Synchronized)]
    private static (MethodBase, int) InSynchronized() => Here();

    private static (MethodBase, int) Reading()
    {
        Table.EnterReadLock();
        try
        {
            return Here();
        }
        finally
        {
            Table.ExitReadLock();
        }
    }

    private static (MethodBase, int) WritesWithoutLimit()
    {
        var place = Here();
        Table.EnterWriteLock();
        Table.ExitWriteLock();
        return place;
    }

    private static (MethodBase, int) WritesWithLimit()
    {
        var place = Here();
        if (Table.TryEnterWriteLock(TimeSpan.FromHours(1)))
            Table.ExitWriteLock();
        return place;
    }

    private static (MethodBase, int) JoinsWithoutLimit()
    {
        var thread = new Thread(() => GC.KeepAlive(Gate));
        thread.Start();
        var place = Here();
        thread.Join();
        return place;
    }

    private static (MethodBase, int) JoinsWithLimit()
    {
        var thread = new Thread(() => GC.KeepAlive(Gate));
        thread.Start();
        var place = Here();
        thread.Join(1000);
        return place;
    }

    private static (MethodBase, int) OrdinaryFinally()
    {
        try
        {
            return Here();
        }
        finally
        {
            GC.KeepAlive(Gate);
        }
    }

    private static (MethodBase, int) InLambda()
    {
        object gate = new();
        Func<(MethodBase, int)> take = () =>
        {
            lock (gate)
                return Here();
        };
        return take();
    }

    /// <summary>Not recognised: the compiler makes a method of the <c>finally</c>.</summary>
    private static (MethodBase, int) InIterator()
    {
        return Each().First();

        static IEnumerable<(MethodBase, int)> Each()
        {
            lock (Gate)
                yield return Here();
        }
    }

    private static (MethodBase, int) BeforeAwait()
    {
        return Run().GetAwaiter().GetResult();

        static async Task<(MethodBase, int)> Run()
        {
            (MethodBase, int) place;
            lock (Gate)
                place = Here();
            await Task.Yield();
            return place;
        }
    }

    private static (MethodBase, int) LongWayToTheMonitor()
    {
        lock (Nested.Inner.Inner.Inner.Inner.Gate)
            return Here();
    }

    private static (MethodBase, int) InCatchInside()
    {
        lock (Gate)
        {
            try
            {
                throw new InvalidOperationException();
            }
            catch (InvalidOperationException)
            {
                return Here();
            }
        }
    }

    private static (MethodBase, int) ByCallsAlone()
    {
        Monitor.Enter(Gate);
        var place = Here();
        Monitor.Exit(Gate);
        return place;
    }

    private static (MethodBase, int) Disposing()
    {
        using (new Scope())
            return Here();
    }

    private sealed class LockHolder
    {
        public object Gate { get; } = new();

        public LockHolder Inner => this;
    }

    /// <summary>Has the name of what <c>lock</c> makes of a Lock, and is none.</summary>
    private readonly struct Scope : IDisposable
    {
        public void Dispose()
        {
        }
    }
}
