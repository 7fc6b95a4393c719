using System.Reflection;
using Stackflare.Snapshots;
using Stackflare.Symbols;

namespace Stackflare.Tests.Symbols;

/// <summary>What is kept between dumps: results, within a bound, and nothing that is open.</summary>
public sealed class CacheTests
{
    [Fact]
    public void NothingStaysOpen()
    {
        using var folder = new TestFolder();
        string module = folder.Copy(Resolving.ShapesPath);
        folder.Copy(Resolving.ShapesPdb);
        Assert.Equal(
            SymbolStatus.Found, new Symbolicator(new SymbolOptions()).Resolve(module, Resolving.ShapesMvid).Symbols);
        string[] open = Directory.GetFiles("/proc/self/fd").Select(fd => new FileInfo(fd).LinkTarget ?? "").ToArray();
        Assert.DoesNotContain(open, path => path.StartsWith(folder.Root));
        Assert.DoesNotContain(folder.Root, File.ReadAllText("/proc/self/maps"));
    }

    [Fact]
    public void WhatIsKeptIsBounded()
    {
        var symbolicator = new Symbolicator(new SymbolOptions());
        for (int round = 0; round < 4; round++)
        {
            var builder = new CodeSnapshot();
            int module = builder.Module(typeof(object).Module);
            for (int i = 1; i < 4000; i++)
                builder.Frame(builder.Method(module, 0x06000000 + round * 4000 + i), i);
            DumpFrame[] frames = symbolicator.Resolve(builder.Build());
            Assert.All(frames, f => Assert.NotNull(f.Method.Parameters));
            Assert.InRange(symbolicator.RetainedBytes, 0, SymbolLimits.RetainedBytes);
        }
    }

    /// <summary>What fits is kept where one module has more results than may be kept.</summary>
    [Fact]
    public void AModuleThatIsTooLargeDoesNotEmptyTheCacheOfTheOthers()
    {
        var symbolicator = new Symbolicator(new SymbolOptions { RetainedBytes = 64 << 10 });
        Snapshot small = Methods(typeof(CacheTests).Module, 20), both = Methods(typeof(CacheTests).Module, 20, typeof(object).Module, 2000);
        symbolicator.Resolve(small);
        int kept = symbolicator.RetainedBytes;
        symbolicator.Resolve(both);
        Assert.Equal(kept, symbolicator.RetainedBytes);
    }

    [Fact]
    public void TheModuleThatWasNotUsedForLongestIsForgottenFirst()
    {
        Module one = typeof(CacheTests).Module, two = typeof(Fixtures.Shapes.Here).Module, three = typeof(object).Module;
        var symbolicator = new Symbolicator(new SymbolOptions());
        int Retained(Module module, int methods)
        {
            symbolicator.Resolve(Methods(module, methods));
            return symbolicator.RetainedBytes;
        }

        int first = Retained(one, 10), second = Retained(two, 10), third = Retained(three, 10);
        symbolicator = new Symbolicator(new SymbolOptions { RetainedBytes = third - 1 });
        Retained(one, 10);
        Retained(two, 10);
        Assert.Equal(third - first, Retained(three, 10));
        // The others are still there: nothing is added for them.
        Assert.Equal(third - first, Retained(two, 10));
    }

    private static Snapshot Methods(Module module, int methods, Module? other = null, int others = 0)
    {
        var builder = new CodeSnapshot();
        Add(module, methods);
        if (other is not null)
            Add(other, others);
        return builder.Build();

        void Add(Module from, int count)
        {
            int index = builder.Module(from);
            for (int row = 1; row <= count; row++)
                builder.Frame(builder.Method(index, 0x06000000 + row), 0);
        }
    }

    /// <summary>It reads nothing again: what it allocates is the frames.</summary>
    [Fact]
    public void ASecondResolveGivesTheSameAndIsCheap()
    {
        var symbolicator = new Symbolicator(new SymbolOptions());
        Snapshot snapshot = HundredFrames();
        DumpFrame[] first = [], second = [];
        long cold = Allocated(() => first = symbolicator.Resolve(snapshot));
        // The least of some: the first one may have code compiled.
        long warm = Enumerable.Range(0, 5).Min(_ => Allocated(() => second = symbolicator.Resolve(snapshot)));
        TestContext.Current.TestOutputHelper?.WriteLine($"{cold:N0} bytes, then {warm:N0}");
        Assert.Equal(first.Select(f => f.Method), second.Select(f => f.Method));
        Assert.Equal(first.Select(f => f.Source), second.Select(f => f.Source));
        Assert.InRange(warm, 0, cold / 2);
        Assert.InRange(warm, 0, 60_000);
    }

    private static long Allocated(Action action)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    /// <summary>All methods of five modules, some with and some without PDB, up to a hundred.</summary>
    private static Snapshot HundredFrames()
    {
        var builder = new CodeSnapshot();
        Type[] types =
        [
            typeof(Fixtures.Shapes.Here), typeof(Fixtures.Embedded.Standing), typeof(Fixtures.NoPdb.Standing), typeof(object), typeof(CacheTests),
        ];
        int frames = 0;
        foreach (Type type in types)
        {
            int module = builder.Module(type.Module);
            for (int row = 1; row <= 40 && frames < 100; row++, frames++)
                builder.Frame(builder.Method(module, 0x06000000 + row), 8);
        }
        return builder.Build();
    }
}
