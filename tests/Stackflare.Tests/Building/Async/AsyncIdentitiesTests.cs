using Stackflare.Snapshots.Format;
using Stackflare.Tests.Symbols.Saved;
using static Stackflare.Tests.Building.Async.HostileHeap;

namespace Stackflare.Tests.Building.Async;

/// <summary>When a wait has the same identity in two dumps: if its methods cannot have run in between, and only then.</summary>
public sealed class AsyncIdentitiesTests
{
    private const HeapObjectFlags Box = HeapObjectFlags.Method | HeapObjectFlags.Task;

    /// <summary>What a dump has, and what the next one has instead.</summary>
    private readonly record struct Scene
    {
        public Scene() { }

        public int Before { get; init; }

        public ulong Local { get; init; } = 5;

        public int State { get; init; }

        public int DueMs { get; init; } = 5000;

        public long NowMs { get; init; } = 1_000_000;

        public int Pending { get; init; } = 2;

        public HeapObjectFlags BoxFlags { get; init; } = Box;
    }

    private static readonly Scene First = new();

    [Fact]
    public void TheSameWaitHasTheSameIdentity()
    {
        foreach (Func<Scene, ulong?> wait in (Func<Scene, ulong?>[])[OnTask, OnDelay, OnAll, OnChannel, OnVersioned])
        {
            Assert.NotNull(wait(First));
            Assert.Equal(wait(First), wait(First));
        }
        // A second later, the timer is due a second sooner.
        Assert.Equal(OnDelay(First), OnDelay(First with { NowMs = First.NowMs + 1000 }));
    }

    [Fact]
    public void AnotherWaitHasAnother()
    {
        Scene[] others = [First with { Before = 1 }, First with { Local = 6 }, First with { State = 1 }];
        Assert.All(others, s => Assert.NotEqual(OnTask(First), OnTask(s)));
        // The objects are where they were, as after a collection, but the timer is another.
        Assert.NotEqual(OnDelay(First), OnDelay(First with { DueMs = 5010 }));
        Assert.NotEqual(OnAll(First), OnAll(First with { Pending = 1 }));
        Assert.NotEqual(OnTask(First), Identity(First, heap => heap.Object(TaskOf(heap), HeapObjectFlags.Task, words: [(0, 0x7f00)])));
    }

    /// <summary>The same object serves one wait after the other, and nothing tells them apart.</summary>
    [Fact]
    public void ASourceThatCountsNoVersionsHasNone() => Assert.Null(On(First, "System.IO.Pipelines.Pipe.DefaultPipeReader"));

    [Fact]
    public void AMethodThatRunsOrIsReadyHasNone()
    {
        Assert.Null(OnTask(First with { State = -1 }));
        Assert.Null(Identity(First, heap => heap.Object(TaskOf(heap), HeapObjectFlags.Task | HeapObjectFlags.Completed)));
        Assert.Null(Identity(First, static _ => { }));
    }

    [Fact]
    public void AMethodThatWasNotCopiedCompletelyHasNone() => Assert.Null(OnTask(First with { BoxFlags = Box | HeapObjectFlags.Truncated }));

    [Fact]
    public void ATaskOfAWhenAllHasOneToo()
    {
        AsyncStack Inner(int pending) => Assert.Single(Assert.Single(Show(First with { Pending = pending }, All).AsyncStacks).WaitingFor.Unfinished);
        Assert.NotNull(Inner(2).Identity);
        // It goes on waiting while others complete.
        Assert.Equal(Inner(2).Identity, Inner(1).Identity);
    }

    private static ulong? OnTask(Scene scene) => Identity(scene, heap => heap.Object(TaskOf(heap), HeapObjectFlags.Task));

    private static ulong? OnChannel(Scene scene) => On(scene, "System.Threading.Channels.AsyncOperation`1");

    private static ulong? OnVersioned(Scene scene) => On(scene, "Vendor.Source", ("_core", Due));

    private static ulong? On(Scene scene, string source, params (string, int)[] fields) =>
        Identity(scene, heap => heap.Object(heap.Type(source, fields: fields), HeapObjectFlags.Source));

    private static ulong? OnDelay(Scene scene) => Identity(scene, heap =>
    {
        uint timer = heap.Type("System.Threading.TimerQueueTimer", fields: [("_dueTime", Due), ("_startTicks", Start)]);
        uint delay = heap.Type("System.Threading.Tasks.Task.DelayPromise", TaskOf(heap), fields: [("_timer", HostileHeap.Task)]);
        heap.Object(delay, HeapObjectFlags.Task, words: [(HostileHeap.Task, At(heap.Count + 1))]);
        heap.Object(timer, HeapObjectFlags.Timer, words: [(Due, (ulong)scene.DueMs), (Start, (ulong)First.NowMs - 1000)]);
    });

    private static ulong? OnAll(Scene scene) => Identity(scene, heap => All(heap, scene));

    private static void All(HostileHeap heap, Scene scene)
    {
        uint task = TaskOf(heap), all = heap.Type("System.Threading.Tasks.Task.WhenAllPromise`1", task, fields: [("m_tasks", HostileHeap.Task), ("_remainingToComplete", Awaiter)]);
        heap.Object(all, HeapObjectFlags.Task, words: [(HostileHeap.Task, At(heap.Count + 1)), (Awaiter, (ulong)scene.Pending)]);
        heap.Array(heap.Type("Tasks"), At(heap.Count + 1), 0);
        heap.Object(task, HeapObjectFlags.Task);
    }

    private static uint TaskOf(HostileHeap heap) => heap.Type("System.Threading.Tasks.Task", fields: [("m_action", HostileHeap.Action), ("m_continuationObject", Continuation)]);

    private static ulong? Identity(Scene scene, Action<HostileHeap> awaited) => Assert.Single(Show(scene, (heap, _) => awaited(heap)).AsyncStacks).Identity;

    private static ThreadDump Show(Scene scene, Action<HostileHeap, Scene> awaited)
    {
        var heap = new HostileHeap { NowNs = scene.NowMs * 1_000_000 };
        uint machine = heap.Type("Shop.Work", flags: HeapLayoutFlags.Struct, fields: [("<>1__state", 0), ("<>u__1", 8), ("local", 16)]);
        uint box = heap.Type("System.Runtime.CompilerServices.AsyncTaskMethodBuilder`1.AsyncStateMachineBox`1", argument: machine, references: [Awaiter], fields: [("StateMachine", State)]);
        uint other = heap.Type("Other");
        for (int i = 0; i < scene.Before; i++)
            heap.Object(other, HeapObjectFlags.Source);
        heap.Object(box, scene.BoxFlags, words: [(State, (uint)scene.State), (Awaiter, At(heap.Count + 1)), (Awaiter + 8, scene.Local)]);
        awaited(heap, scene);
        return SavedDump.Show(heap.File(), SavedDump.Desk("/nowhere"));
    }
}
