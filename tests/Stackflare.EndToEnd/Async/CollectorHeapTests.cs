using Stackflare.Capture.Probe;
using Stackflare.EndToEnd.Harness;
using Stackflare.Snapshots.Format;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Async;

/// <summary>The heap by the collector's own descriptor (.NET 11), held against what the runtime enumerates for a main profiler.</summary>
public sealed class CollectorHeapTests
{
    [Theory]
    [InlineData("")]
    [InlineData("DOTNET_gcServer=1")]
    [InlineData("DOTNET_gcServer=1;DOTNET_GCDynamicAdaptationMode=0;DOTNET_GCHeapCount=4;DOTNET_GCNoAffinitize=1")]
    [InlineData("DOTNET_gcConcurrent=0")]
    [InlineData("DOTNET_GCConserveMemory=9")]
    [InlineData("DOTNET_PROCESSOR_COUNT=1")]
    [InlineData("DOTNET_GCHeapHardLimit=0x10000000")]
    public async Task ItIsTheHeapThatTheRuntimeEnumerates(string settings)
    {
        Dictionary<string, string?> environment = settings.Split(';', StringSplitOptions.RemoveEmptyEntries).ToDictionary(s => s.Split('=')[0], s => (string?)s.Split('=')[1]);
        await using var target = await TargetProcess.StartAsync(
            Flavour.Net11, "AsyncWaits", TargetOptions.NoTrap with { Arguments = ["--boxes", "500", "--objects", "50000"], Environment = environment });
        Func<RawSnapshot> own = HeapView.Snapshots(target), enumerated = HeapView.Snapshots(target, new HeapLimits { Enumerate = true });

        // The runtime's own threads make an object now and then. What is in two of ours is in the one between.
        RawSnapshot first = own(), between = enumerated(), second = own();
        await Poll.UntilAsync(
            () =>
            {
                (first, between, second) = (second, enumerated(), own());
                return Seen(first) == Seen(second);
            },
            "the heap to stand still",
            target.Describe);
        Assert.Equal(Seen(first), Seen(between));
        Assert.Equal(Objects(first), Objects(between));
        Assert.Equal(AsyncHeapTests.Truth.Sum(t => t.Count) + 501, HeapView.Of(first).Methods.Count(m => m.Name != "WaitUntilCountOrTimeoutAsync"));
        await target.AssertAliveAsync();
    }

    /// <summary>Nobody's place is taken for it, not even where that is allowed: whoever may not take it still has stacks then.</summary>
    [Fact]
    public async Task NobodysPlaceIsTakenForIt()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Net11, "AsyncWaits", TargetOptions.NoTrap);
        RawSnapshot snapshot = HeapView.Snapshots(target)();
        Assert.Equal((HeapStatus.Walked, HeapOmission.None), (snapshot.Heap?.Info.Status, snapshot.HeapOmission));
        Assert.True(MainProfilerTests.HasStacks(target));
        Assert.Equal(HeapStatus.Walked, HeapView.Snapshots(target, new HeapLimits { Enumerate = true })().Heap?.Info.Status);
        Assert.False(MainProfilerTests.HasStacks(target));
    }

    private static ulong Seen(RawSnapshot snapshot) => HeapView.Of(snapshot).Heap.Info.SeenObjects;

    private static IEnumerable<(ulong, HeapObjectFlags, ulong, uint)> Objects(RawSnapshot snapshot) =>
        snapshot.Heap!.Objects.Select(o => (o.Address, o.Flags, snapshot.Types[o.Type].ClassId, o.BytesLength));
}
