using Stackflare.Capture.Probe;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Findings;
using Stackflare.EndToEnd.Harness;
using Stackflare.Snapshots.Format;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Async;

/// <summary>What is copied of the heap says which async methods wait, at which of their awaits, and for what.</summary>
public sealed class AsyncHeapTests
{
    /// <summary>The shape's methods: how often each waits, and at which await.</summary>
    internal static readonly (string Name, int Count, int State)[] Truth =
    [
        ("Outer", 3, 1), ("Middle", 3, 0), ("Inner", 3, 0), ("OverValued", 1, 0), ("Valued", 1, 0), ("OverItems", 1, 0), ("Items", 1, 0),
        ("Sleep", 1, 0), ("All", 1, 0), ("Branch", 2, 0), ("Any", 1, 0), ("Twig", 3, 0), ("Enter", 1, 0), ("EnterInTime", 1, 0), ("Read", 1, 0),
        ("OverPooled", 1, 0), ("Pooled", 1, 0), ("Generic", 2, 0), ("Fire", 1, 0), ("WaitElsewhere", 1, 0),
    ];

    [Theory]
    [InFlavours(Spread.Builds, LooksAt.Async)]
    public async Task EachMethodThatWaitsIsThereOnceAtItsAwait(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "AsyncWaits", TargetOptions.NoTrap);
        HeapView view = HeapView.Of(target);
        Assert.Equal(
            Truth.Order(),
            Truth.Select(t => (t.Name, view.Named(t.Name).Count(), Assert.Single(view.Named(t.Name).Select(m => m.State).Distinct()))).Order());
        // And a lambda, and SemaphoreSlim's own for the one with a timeout, which the runtime itself suspends on .NET 11.
        int own = Flavour.Named(flavour).RuntimeMajor < 11 ? 1 : 0;
        Assert.Single(view.Methods, m => m.Name.StartsWith("<Start>", StringComparison.Ordinal));
        Assert.Equal(own, view.Methods.Count(m => m.Name == "WaitUntilCountOrTimeoutAsync"));
        Assert.Equal(Truth.Sum(t => t.Count) + 1 + own, view.Methods.Count);
        Assert.Equal((uint)(view.Methods.Count + view.Heap.Objects.Count(o => o.Flags.HasFlag(HeapObjectFlags.Suspended))), view.Heap.Info.MethodCount);
        Assert.True(view.Heap.Info.SeenObjects > (ulong)view.Heap.Objects.Length);
        Assert.True(view.Heap.Info.HeapBytes > 0);
    }

    [Theory]
    [InFlavours(Spread.Builds, LooksAt.Async)]
    public async Task WhatAMethodWaitsForIsWhatTheProgramSays(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "AsyncWaits", TargetOptions.NoTrap);
        HeapView view = HeapView.Of(target);

        // From box to box; of three, no two wait for the same one.
        AssertLeadsTo(view, "Outer", "Middle");
        AssertLeadsTo(view, "Middle", "Inner");
        AssertLeadsTo(view, "OverValued", "Valued");
        AssertLeadsTo(view, "OverPooled", "Pooled");
        if (Flavour.Named(flavour).RuntimeMajor < 11)
            AssertLeadsTo(view, "EnterInTime", "WaitUntilCountOrTimeoutAsync");
        else
            Assert.True(view.Heap.Objects[view.Find(AwaitedBy(view, "EnterInTime"))].Flags.HasFlag(HeapObjectFlags.Suspended));
        ulong never = Assert.Single(view.Named("Inner").Select(m => Assert.Single(m.Awaited)).Distinct());
        Assert.Equal("Task`1", view.TypeNames[never]);
        string[] others = ["Valued", "Branch", "Twig", "Items", "Generic", "Fire", "Pooled"];
        Assert.All(others, name => Assert.All(view.Named(name), m => Assert.Equal([never], m.Awaited)));

        // An iterator is waited for by itself, which is the state machine that its box has.
        Assert.Equal(Assert.Single(view.Named("Items")).Machine, AwaitedBy(view, "OverItems"));

        // Through what a task refers to.
        Assert.Contains(view.ReferencesOf(AwaitedBy(view, "Sleep")), o => o.Flags == HeapObjectFlags.Timer);
        Assert.Equal(Addresses(view, "Branch"), MethodsIn(view, AwaitedBy(view, "All")));
        Assert.Equal(Addresses(view, "Twig"), MethodsIn(view, AwaitedBy(view, "Any")));
        Assert.Contains(view.ReferencesOf(AwaitedBy(view, "WaitElsewhere")), o => o.Address == never);

        // What is no task: the channel's own; and the tasks of a semaphore, to which it leads.
        HeapObjectRecord read = view.Heap.Objects[view.Find(AwaitedBy(view, "Read"))];
        Assert.Equal(HeapObjectFlags.Source, read.Flags & (HeapObjectFlags.Source | HeapObjectFlags.Task | HeapObjectFlags.Method));
        ulong entered = AwaitedBy(view, "Enter");
        Assert.Single(view.Heap.Objects, o => o.Flags == HeapObjectFlags.Semaphore && view.ReferencesOf(o.Address).Any(r => r.Address == entered));
    }

    [Theory]
    [InFlavours(Spread.Builds, LooksAt.Async)]
    public async Task MethodsThatHaveCompletedAreNotThere(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "AsyncWaits", TargetOptions.NoTrap);
        Func<RawSnapshot> take = HeapView.Snapshots(target);
        Assert.DoesNotContain(HeapView.Of(take()).Methods, m => m.Name == "Finished");
        Assert.Equal("released", await target.CommandAsync("release"));
        string[] remain = ["Enter", "EnterInTime", "Read", "Sleep", .. Flavour.Named(flavour).RuntimeMajor < 11 ? ["WaitUntilCountOrTimeoutAsync"] : Array.Empty<string>()];
        HeapView view = HeapView.Of(take());
        await Poll.UntilAsync(() => (view = HeapView.Of(take())).Methods.Count(m => !m.Record.Flags.HasFlag(HeapObjectFlags.Pooled)) == remain.Length, "the methods to end", target.Describe);
        Assert.Equal(remain, view.Methods.Where(m => !m.Record.Flags.HasFlag(HeapObjectFlags.Pooled)).Select(m => m.Name).Order());
    }

    [Theory]
    [InFlavours("single file", LooksAt.Async)]
    [InFlavours("net11, single file", LooksAt.Async)]
    public async Task OneFileHasThemToo(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "AsyncWaits", TargetOptions.NoTrap);
        RawHeap heap = Assert.IsType<RawHeap>(HeapView.Snapshots(target)().Heap);
        Assert.Equal((HeapStatus.Walked, (uint)Truth.Sum(t => t.Count) + 2), (heap.Info.Status, heap.Info.MethodCount));
    }

    [Fact]
    public async Task BeforeNet9TheHeapCannotBeHad()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Net8, "AsyncWaits", TargetOptions.NoTrap);
        RawSnapshot snapshot = HeapView.Snapshots(target)();
        Assert.Equal(HeapStatus.Unavailable, snapshot.Heap?.Info.Status);
        Assert.NotEmpty(snapshot.Threads);
    }

    /// <summary>A default dump is complete if the objects are few, whatever memory they take: 300 MB here.</summary>
    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Async)]
    public async Task BigArraysAreFewObjects(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "AsyncWaits", TargetOptions.NoTrap with { Arguments = ["--arrays", "300"] });
        string[] byDefault = Stacks((await Tool.RunWholeAsync($"{target.Pid}")).Output);
        Assert.True(byDefault.Length > 10);
        Assert.Equal(byDefault, Stacks((await Tool.RunWholeAsync($"{target.Pid}", "--async")).Output));

        static string[] Stacks(string text) => [.. text.Split('\n').Where(l => l.Contains(" async stack", StringComparison.Ordinal) && !HasTime(l))];

        // The two dumps are of two moments.
        static bool HasTime(string line) => Array.Exists([".NET ", "due in", "giving up in"], s => line.Contains(s, StringComparison.Ordinal));
    }

    /// <summary>What to do about it is in the words of the library, or of the tool.</summary>
    [Fact]
    public async Task TheRemedyForALimitIsOneThatTheReaderHas()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "AsyncWaits", TargetOptions.NoTrap with { Arguments = ["--objects", "500000"] });
        using var dumps = new LiveDumps(target.Pid, target.Describe, new CaptureOptions { Heap = new HeapLimits { Pause = TimeSpan.FromMicroseconds(100) } });
        Assert.EndsWith("The option AsyncStacks includes them anyway.", dumps.Take().Notes.Single(), StringComparison.Ordinal);
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "snapshot");
        dumps.Capture.Save(dumps.Sample, file);
        ToolResult shown = await Tool.RunAsync("show", file);
        Assert.Contains(" objects of the heap. --async includes them anyway.\n", shown.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Async)]
    public async Task WhateverALimitCutsOffIsSaid(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(
            Flavour.Named(flavour), "AsyncWaits", TargetOptions.NoTrap with { Arguments = ["--boxes", "2000", "--objects", "500000"] });
        RawHeap few = Take(new HeapLimits { Objects = 100, Pause = TimeSpan.FromSeconds(5) });
        Assert.Equal((100, HeapFlags.ObjectsTruncated), (few.Objects.Length, few.Info.Flags));
        RawHeap small = Take(new HeapLimits { CopiedBytes = 10_000, Pause = TimeSpan.FromSeconds(5) });
        Assert.Equal(HeapFlags.BytesTruncated, small.Info.Flags);
        Assert.InRange(small.Bytes.Length, 9_000, 10_008);
        RawHeap hasty = Take(new HeapLimits { Pause = TimeSpan.FromMicroseconds(100) });
        Assert.Equal(HeapFlags.TimeTruncated, hasty.Info.Flags);
        Assert.InRange(hasty.Info.SeenObjects, 1ul, 500_000ul);
        RawHeap whole = Take(new HeapLimits { Pause = TimeSpan.FromSeconds(5) });
        Assert.Equal((default, (uint)Truth.Sum(t => t.Count) + 2002), (whole.Info.Flags, whole.Info.MethodCount));

        RawHeap Take(HeapLimits limits) => Assert.IsType<RawHeap>(HeapView.Snapshots(target, limits)().Heap);
    }

    /// <summary>The runtime lets whoever attaches beside the main profiler walk no stacks any more, once there has been a main one.</summary>
    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.StateMachines)]
    public async Task WithoutTheHeapStacksAreReadAsBefore(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads", TargetOptions.NoTrap);
        Func<RawSnapshot> with = HeapView.Snapshots(target), without = HeapView.SnapshotsWithoutHeap(target);
        // The runtime's own threads come and go.
        int[] known = [.. target.Truth.Threads.Select(t => t.OsId)];
        long frames = FramesOf(without());
        for (var i = 0; i < 3; i++)
        {
            Assert.NotEmpty(with().Stacks);
            RawSnapshot snapshot = without();
            Assert.Equal((frames, default(RawHeap)), (FramesOf(snapshot), snapshot.Heap));
        }

        long FramesOf(RawSnapshot snapshot) => snapshot.Threads.Where(t => known.Contains((int)t.OsId)).Sum(t => (long)t.FrameCount);
    }

    private static void AssertLeadsTo(HeapView view, string from, string to) =>
        Assert.Equal(Addresses(view, to), view.Named(from).Select(m => Assert.Single(m.Awaited)).Order());

    private static ulong AwaitedBy(HeapView view, string name) => Assert.Single(Assert.Single(view.Named(name)).Awaited);

    private static IEnumerable<ulong> Addresses(HeapView view, string name) => view.Named(name).Select(m => m.Record.Address).Order();

    /// <summary>The methods in the array that a promise has; one that hands on another's result has that one first.</summary>
    private static IEnumerable<ulong> MethodsIn(HeapView view, ulong promise) =>
        view.ReferencesOf(promise).Where(o => o.Flags.HasFlag(HeapObjectFlags.Array))
            .SelectMany(o => view.ReferencesOf(o.Address)).Select(o => o.Address).Where(a => view.MethodAt(a) is not null).Distinct().Order();
}
