using Stackflare.Snapshots.Format;
using Stackflare.Tests.Symbols.Saved;
using static Stackflare.Tests.Building.Async.HostileHeap;

namespace Stackflare.Tests.Building.Async;

/// <summary>How many tasks of a <c>WhenAll</c> have completed, and what the others are.</summary>
public sealed class PromisesTests
{
    private readonly HostileHeap _heap = new();
    private readonly uint _task, _box, _array, _all, _counting, _delay;

    public PromisesTests()
    {
        _task = _heap.Type("System.Threading.Tasks.Task", fields: [("m_action", HostileHeap.Action), ("m_continuationObject", Continuation)]);
        uint machine = _heap.Type("Shop.Work", flags: HeapLayoutFlags.Struct, fields: [("<>1__state", 0), ("<>u__1", 8)]);
        _box = _heap.Type("System.Runtime.CompilerServices.AsyncTaskMethodBuilder`1.AsyncStateMachineBox`1", _task, machine, [Awaiter], fields: [("StateMachine", State)]);
        _array = _heap.Type("Tasks");
        _all = _heap.Type("System.Threading.Tasks.Task.WhenAllPromise`1", _task, fields: [("m_tasks", HostileHeap.Task), ("_remainingToComplete", Awaiter)]);
        _counting = _heap.Type("System.Threading.Tasks.Task.WhenAllPromise", _task, fields: [("_remainingToComplete", Awaiter)]);
        _delay = _heap.Type("System.Threading.Tasks.Task.DelayPromise", _task);
    }

    [Fact]
    public void WithTheArrayAllAreKnown()
    {
        Method(At(1));
        _heap.Object(_all, HeapObjectFlags.Task, words: [(HostileHeap.Task, At(2)), (Awaiter, 4)]);
        _heap.Array(_array, At(3), At(4), At(5), At(6), At(7), At(8));
        _heap.Object(_task, HeapObjectFlags.Task | HeapObjectFlags.Completed);
        _heap.Object(_task, HeapObjectFlags.Task | HeapObjectFlags.Completed);
        _heap.Object(_delay, HeapObjectFlags.Task);
        _heap.Object(_task, HeapObjectFlags.Task);
        _heap.Object(_task, HeapObjectFlags.Task, words: [(HostileHeap.Action, 1)]);
        _heap.Object(_delay, HeapObjectFlags.Task);
        AsyncWait wait = Wait();
        Assert.Equal((2, 4, 6), (wait.Done, wait.Pending, wait.Total));
        Assert.Equal([AsyncWaitKind.Delay, AsyncWaitKind.Delay, AsyncWaitKind.TaskCompletionSource, AsyncWaitKind.Work], wait.Unfinished.Select(u => u.WaitingFor.Kind));
        Assert.All(wait.Unfinished, u => Assert.Empty(u.Frames));
    }

    /// <summary>The framework keeps no array for tasks without a result. The tasks refer to what they continue.</summary>
    [Fact]
    public void WithoutTheArrayThoseThatAreLeftAreKnown()
    {
        Method(At(1));
        _heap.Object(_counting, HeapObjectFlags.Task, words: [(Awaiter, 3)]);
        _heap.Object(_delay, HeapObjectFlags.Task, words: [(Continuation, At(1))]);
        _heap.Object(_task, HeapObjectFlags.Task, words: [(Continuation, At(1))]);
        _heap.Object(_task, HeapObjectFlags.Task | HeapObjectFlags.Completed, words: [(Continuation, At(1))]);
        AsyncWait wait = Wait();
        Assert.Equal((null, 3, null), (wait.Done, wait.Pending, wait.Total));
        // The third one has other continuations too.
        Assert.Equal([AsyncWaitKind.Delay, AsyncWaitKind.TaskCompletionSource], wait.Unfinished.Select(u => u.WaitingFor.Kind).Order());
    }

    [Fact]
    public void TasksOfTasksAreNested()
    {
        Method(At(1));
        _heap.Object(_all, HeapObjectFlags.Task, words: [(HostileHeap.Task, At(2)), (Awaiter, 2)]);
        _heap.Array(_array, At(3), At(4));
        _heap.Object(_counting, HeapObjectFlags.Task, words: [(Awaiter, 1)]);
        Method(At(6));
        _heap.Object(_delay, HeapObjectFlags.Task, words: [(Continuation, At(3))]);
        _heap.Object(_task, HeapObjectFlags.Task);
        AsyncWait wait = Wait();
        Assert.Equal([(0, AsyncWaitKind.WhenAll), (1, AsyncWaitKind.TaskCompletionSource)], wait.Unfinished.Select(u => (u.Frames.Count, u.WaitingFor.Kind)).Order());
        AsyncWait inner = wait.Unfinished.Single(u => u.Frames.Count == 0).WaitingFor;
        Assert.Equal((1, AsyncWaitKind.Delay), (inner.Pending, Assert.Single(inner.Unfinished).WaitingFor.Kind));
    }

    [Theory, InlineData(-1), InlineData(7)]
    public void ANumberThatCannotBeIsNotTaken(int pending)
    {
        Method(At(1));
        _heap.Object(_all, HeapObjectFlags.Task, words: [(HostileHeap.Task, At(2)), (Awaiter, (uint)pending)]);
        _heap.Array(_array, At(3), At(4));
        _heap.Object(_task, HeapObjectFlags.Task | HeapObjectFlags.Completed);
        _heap.Object(_delay, HeapObjectFlags.Task);
        AsyncWait wait = Wait();
        Assert.Equal((1, 1, 2), (wait.Done, wait.Pending, wait.Total));
    }

    private void Method(ulong awaited) => _heap.Object(_box, HeapObjectFlags.Method | HeapObjectFlags.Task, words: [(Awaiter, awaited)]);

    private AsyncWait Wait() => Assert.Single(SavedDump.Show(_heap.File(), SavedDump.Desk("/nowhere")).AsyncStacks).WaitingFor;
}
