using Stackflare.EndToEnd.Async;
using Stackflare.EndToEnd.Harness;
using Stackflare.Snapshots.Format;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Truth;

/// <summary>
/// Collectors whose own descriptor says something else than it should: their heap is read another way, or what is missing of it is said. No method is there that does
/// not wait, and the program goes on.
/// </summary>
public sealed class ForgedCollectorTests
{
    /// <summary>What cannot be believed, or is not there: the runtime has to enumerate its heap.</summary>
    public static TheoryData<string, string> Unknown => new()
    {
        { "\"GC\":\"c1\"", "\"GC\":\"c2\"" },
        { "{\"version\":2,\"baseline\":\"empty\",\"types\":{\"Generation\"", "{\"version\":7,\"baseline\":\"empty\",\"types\":{\"Generation\"" },
        { "\"subDescriptors\":{\"GC\"", "\"subDescriptors\":{\"GX\"" },
        { "\"StartSegment\"", "\"StartSegmexx\"" },
        { "\"CurrentGCState\"", "\"CurrentGCSteak\"" },
        { ", regions,", ", segment," },
        { "\"TotalGenerationCount\":\"0x5\"", "\"TotalGenerationCount\":\"0x9\"" },
        { "\"Generation\":{\"!\":256", "\"Generation\":{\"!\":999" },
        { "\"StartSegment\":56", "\"StartSegment\":57" },
        { "\"Mem\":32", "\"Mem\":99" },
        { "\"GCAllocationContext\"", "\"GCAllocationContexx\"" },
        { "\"FreeObjectMethodTable\"", "\"FreeObjectMethodTibia\"" },
    };

    /// <summary>Places that something else is in.</summary>
    public static TheoryData<string, string> Wrong => new()
    {
        { "\"StartSegment\":56", "\"StartSegment\":64" },
        { "\"HeapSegment\":{\"Allocated\":0,\"Committed\":8", "\"HeapSegment\":{\"Committed\":0,\"Allocated\":8" },
        { "\"Mem\":32", "\"Mem\":24" },
        { "\"Mem\":32", "\"Mem\":56" },
        { "\"Next\":48,\"BackgroundAllocated\":56", "\"Next\":56,\"BackgroundAllocated\":48" },
        { "\"GCHeapGenerationTable\":[[9]", "\"GCHeapGenerationTable\":[[8]" },
        { "\"Generation\":{\"!\":256", "\"Generation\":{\"!\":128" },
        { "\"GCHeapAllocAllocated\":[[5]", "\"GCHeapAllocAllocated\":[[4]" },
    };

    [Theory]
    [MemberData(nameof(Unknown))]
    public async Task WhatIsNotKnownIsNotUsed(string original, string forged)
    {
        using var folder = new TemporaryFolder();
        await using var target = await TargetProcess.StartAsync(ForgedRuntime.Make(folder.Path, original, forged), "AsyncWaits", TargetOptions.NoTrap);
        AssertWhole(HeapView.Of(target));
        Assert.False(MainProfilerTests.HasStacks(target)); // the main profiler's place was taken for it
        await target.AssertAliveAsync();
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task WhatIsLostIsSaid(string original, string forged)
    {
        using var folder = new TemporaryFolder();
        await using var target = await TargetProcess.StartAsync(ForgedRuntime.Make(folder.Path, original, forged), "AsyncWaits", TargetOptions.NoTrap);
        for (int i = 0; i < 5; i++)
        {
            HeapView view = HeapView.Of(HeapView.Snapshots(target)(), HeapFlags.PartLost);
            if (view.Heap.Info.Flags == default)
                AssertWhole(view);
            foreach ((string name, int count, _) in AsyncHeapTests.Truth)
                Assert.InRange(view.Named(name).Count(), 0, count);
        }
        await target.AssertAliveAsync();
    }

    /// <summary>The healthy neighbour: the same copy, with nothing forged.</summary>
    [Fact]
    public async Task WithNothingForgedAllIsThere()
    {
        using var folder = new TemporaryFolder();
        await using var target = await TargetProcess.StartAsync(ForgedRuntime.Make(folder.Path, "\"Mem\":32", "\"Mem\":32"), "AsyncWaits", TargetOptions.NoTrap);
        AssertWhole(HeapView.Of(target));
    }

    private static void AssertWhole(HeapView view)
    {
        Assert.All(AsyncHeapTests.Truth, t => Assert.Equal(t.Count, view.Named(t.Name).Count()));
    }
}
