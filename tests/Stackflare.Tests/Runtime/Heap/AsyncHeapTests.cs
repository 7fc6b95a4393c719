using Stackflare.Runtime.Heap;
using Stackflare.Snapshots;

namespace Stackflare.Tests.Runtime.Heap;

/// <summary>What is found on a heap, and on a damaged one: less, with a note, and never without end.</summary>
public sealed class AsyncHeapTests
{
    private const string Inconsistent = "Some async stacks may be missing: a part of the heap was inconsistent, or is not in the memory.";

    private readonly FakeHeap _heap = new();
    private readonly List<string> _notes = [];

    [Fact]
    public void AMethodAndWhatItWaitsForAreCopied()
    {
        ulong other = _heap.AddTask(), task = _heap.AddTask(region: 1), method = _heap.AddMethod(task);
        SnapshotHeap heap = Read();
        Assert.Empty(_notes);
        Assert.Equal([method, task], heap.Objects.Select(static o => o.Address));
        Assert.Equal(HeapObjectTraits.Method | HeapObjectTraits.Task, heap.Objects[0].Traits);
        Assert.Equal(HeapObjectTraits.Task, heap.Objects[1].Traits);
        Assert.Equal(80, heap.Objects[0].Bytes.Length);
        Assert.DoesNotContain(heap.Objects, o => o.Address == other);
    }

    [Fact]
    public void TheLayoutsHaveTheFieldsOfTheMachine()
    {
        _heap.AddMethod(_heap.AddTask());
        SnapshotHeap heap = Read();
        Stackflare.Snapshots.TypeLayout machine = Assert.Single(heap.Layouts, static l => l.IsStruct);
        Assert.Equal([(0x04000007u, 0u), (0x04000008u, 8u)], machine.Fields.ToArray().Select(static f => (f.Token, f.Offset)));
        Stackflare.Snapshots.TypeLayout box = heap.LayoutOf(heap.Objects[^1].Type)!.Value;
        Assert.Equal([8u, 16u, 24u, 32u, 40u, 64u], box.References.ToArray());
        Assert.Equal([(0x04000009u, 56u)], box.Fields.ToArray().Select(static f => (f.Token, f.Offset)));
        Assert.Equal(6, heap.LayoutOf(box.Parent)!.Value.Fields.Length);
    }

    [Fact]
    public void AMethodThatHasCompletedIsNone()
    {
        _heap.Add(_heap.Box, 88, [(48, 0x01000000), (64, _heap.AddTask())]);
        Assert.Empty(Read().Objects);
    }

    /// <summary>A task does not refer to what it waits for, but that refers to it.</summary>
    [Fact]
    public void WhatATaskWaitsForIsFoundFromTheOtherSide()
    {
        ulong all = _heap.AddTask(), one = _heap.Add(_heap.Task, 72, [(24, all)]);
        _heap.AddMethod(all);
        Assert.Contains(Read().Objects, o => o.Address == one);
    }

    [Fact]
    public void AReferenceIntoNothingIsNotFollowed()
    {
        ulong task = _heap.AddTask();
        _heap.AddMethod(task + 8);
        _heap.AddMethod(0x7777_0000);
        Assert.Equal(2, Read().Objects.Length);
        Assert.Empty(_notes);
    }

    [Fact]
    public void PartsThatThreadsWillFillAreSkipped()
    {
        _heap.AddTask();
        ulong gap = _heap.Skip(124);
        _heap.Bytes.Write(gap, (byte[])[.. Enumerable.Repeat((byte)0xAB, 124)]);
        _heap.AddContext(gap, gap + 100);
        ulong method = _heap.AddMethod(0);
        Assert.Equal(method, Assert.Single(Read().Objects).Address);
        Assert.Empty(_notes);
    }

    /// <summary>A thread that was stopped in between.</summary>
    [Fact]
    public void AnObjectWithoutATypeBeforeSuchAPartIsSkipped()
    {
        _heap.Skip(48);
        ulong gap = _heap.Skip(64);
        _heap.AddContext(gap, gap + 40);
        _heap.AddMethod(0);
        Assert.Single(Read().Objects);
        Assert.Empty(_notes);
    }

    public static TheoryData<string> Damages => ["no type", "wild type", "size 0", "absurd size", "absurd length", "circle of types", "missing memory"];

    [Theory]
    [MemberData(nameof(Damages))]
    public void DamageEndsTheRegionAndIsSaid(string damage)
    {
        ulong before = _heap.AddMethod(0), bad = _heap.Add(_heap.Object, 24, []), after = _heap.AddMethod(0), other = _heap.AddMethod(0, region: 1);
        // A type of its own, which nothing else has.
        ulong type = 0x30_0000;
        _heap.Bytes.Write(type, new byte[64]).Pointers(type + 16, _heap.Object).Write(type + 4, 24u);
        switch (damage)
        {
            case "no type":
                type = 0;
                break;
            case "wild type":
                type = 0x6666_6666_6660;
                break;
            case "size 0":
                _heap.Bytes.Write(type + 4, 0u);
                break;
            case "absurd size":
                _heap.Bytes.Write(type + 4, 0x7FFF_FFF0u);
                break;
            case "absurd length":
                _heap.Bytes.Write(type, 0x80000008u).Write(bad + 8, uint.MaxValue);
                break;
            case "circle of types":
                _heap.Bytes.Pointers(type + 16, type);
                break;
        }
        _heap.Bytes.Pointers(bad, type);
        _heap.Close();
        if (damage == "missing memory")
            _heap.Bytes.Pointers(bad, _heap.Object).Pointers(FakeHeap.Regions + FakeHeap.Allocated, 0x180_0000);
        SnapshotHeap heap = _heap.Read(_notes)!;
        Assert.Equal(damage == "missing memory" ? [before, after, other] : [before, other], heap.Objects.Select(static o => o.Address));
        Assert.Equal([Inconsistent], _notes);
    }

    [Fact]
    public void RegionsInACircleAreWalkedOnce()
    {
        ulong method = _heap.AddMethod(0);
        _heap.Close();
        _heap.Bytes.Pointers(FakeHeap.Regions + FakeHeap.Next, FakeHeap.Regions);
        Assert.Equal([method], _heap.Read(_notes)!.Objects.Select(static o => o.Address));
        Assert.Equal([Inconsistent], _notes);
    }

    [Fact]
    public void RegionsThatOverlapAreWalkedOnce()
    {
        _heap.AddMethod(0);
        _heap.Close();
        _heap.Bytes.Pointers(FakeHeap.Regions + FakeHeap.RegionBytes + FakeHeap.Memory, 0x100_0008);
        Assert.Single(_heap.Read(_notes)!.Objects);
        Assert.Equal([Inconsistent], _notes);
    }

    [Fact]
    public void ARegionBeyondItsMemoryIsNotWalked()
    {
        _heap.AddMethod(0);
        ulong other = _heap.AddMethod(0, region: 1);
        _heap.Close();
        _heap.Bytes.Pointers(FakeHeap.Regions + FakeHeap.Committed, 0x100_0008);
        Assert.Equal([other], _heap.Read(_notes)!.Objects.Select(static o => o.Address));
        Assert.Equal([Inconsistent], _notes);
    }

    [Fact]
    public void ContinuationsInACircleAreCopiedOnce()
    {
        ulong first = _heap.Add(_heap.Continuation, 40, []), second = _heap.Add(_heap.Continuation, 40, [(8, first)]);
        _heap.Bytes.Pointers(first + 8, second);
        ulong task = _heap.Add(_heap.Suspended, 72, [(16, first)]);
        Assert.Equal([first, second, task], Read().Objects.Select(static o => o.Address));
        Assert.Empty(_notes);
    }

    [Fact]
    public void AContinuationThatIsNoneEndsTheChain()
    {
        ulong first = _heap.Add(_heap.Continuation, 40, [(8, 0x5555_0000)]);
        _heap.Add(_heap.Suspended, 72, [(16, first)]);
        Assert.Equal(2, Read().Objects.Length);
    }

    [Fact]
    public void ACollectionThatMovesObjectsIsSaid()
    {
        _heap.AddMethod(0);
        _heap.Bytes.Write(FakeHeap.InvalidCount, 1);
        Read();
        Assert.StartsWith("Async stacks may be missing or wrong: a garbage collection", Assert.Single(_notes), StringComparison.Ordinal);
    }

    [Fact]
    public void LimitsAreKeptAndSaid()
    {
        for (int i = 0; i < 10; i++)
            _heap.AddMethod(0);
        Assert.Equal(4, Read(new HeapBudget { Time = TimeSpan.FromMinutes(1), Objects = 4 }).Objects.Length);
        Assert.Equal([SnapshotHeap.TooMany], _notes);
        _notes.Clear();
        Assert.Equal(3, Read(new HeapBudget { Time = TimeSpan.FromMinutes(1), Bytes = 300 }).Objects.Length);
        Assert.Equal([SnapshotHeap.TooMany], _notes);
        _notes.Clear();
        Assert.Empty(Read(new HeapBudget { Time = TimeSpan.Zero }).Objects);
        Assert.StartsWith("Some async stacks are missing: the limit on time was reached after 0 objects", Assert.Single(_notes), StringComparison.Ordinal);
    }

    [Fact]
    public void AHeapThatIsNotThereIsSaid()
    {
        _heap.Close();
        _heap.Bytes.Pointers(FakeHeap.Regions + FakeHeap.Memory, 0x900_0000).Pointers(FakeHeap.Regions + FakeHeap.Allocated, 0x900_1000);
        Assert.Null(_heap.Read(_notes));
        Assert.Equal(["Async stacks are not available: the heap is not in the memory."], _notes);
    }

    /// <summary>Every word that leads somewhere leads elsewhere, one after the other.</summary>
    [Fact]
    public void NoWrongWordIsFollowedForEver()
    {
        ulong first = _heap.Add(_heap.Continuation, 40, []);
        _heap.Add(_heap.Suspended, 72, [(16, first)]);
        _heap.AddMethod(_heap.AddTask());
        _heap.AddMethod(0, region: 1);
        _heap.Close();
        foreach (ulong at in Words())
        {
            ulong was = _heap.Bytes.Memory.Pointer(at);
            foreach (ulong wrong in (ulong[])[0, 1, at, at + 8, was + 8, was ^ 0x10, ulong.MaxValue, 0x7FFF_FFFF_FFF8, _heap.Task])
            {
                _heap.Bytes.Pointers(at, wrong);
                _heap.Read([], new HeapBudget { Time = TimeSpan.FromSeconds(30) });
            }
            _heap.Bytes.Pointers(at, was);
        }
    }

    private IEnumerable<ulong> Words()
    {
        (ulong, int)[] ranges = [(FakeHeap.Regions, 128), (FakeHeap.Generations, 128), (_heap.Task - 88, 152), (_heap.Box - 104, 168), (_heap.Continuation - 24, 88), (0x100_0000, 272)];
        foreach ((ulong start, int bytes) in ranges)
        {
            for (int i = 0; i < bytes; i += 8)
                yield return start + (ulong)i;
        }
    }

    private SnapshotHeap Read(HeapBudget? budget = null) => _heap.Close().Read(_notes, budget)!;
}
