using Stackflare.Snapshots.Format;
using Stackflare.Tests.Symbols.Saved;
using static Stackflare.Tests.Building.Async.HostileHeap;

namespace Stackflare.Tests.Building.Async;

/// <summary>Methods that the runtime suspends itself, as they are found in what was copied.</summary>
public sealed class SuspendedMethodsTests
{
    private const int Object = 24, Resume = 16, Follower = 8, Awaited = 32;
    private const ulong Place = 0x7000, Other = 0x7008, Platform = 0x9000;
    private const HeapObjectFlags Suspended = HeapObjectFlags.Task | HeapObjectFlags.Suspended;

    private readonly HostileHeap _heap = new();
    private readonly uint _task, _suspended, _continuation, _head;

    public SuspendedMethodsTests()
    {
        _task = _heap.Type("System.Threading.Tasks.Task", fields: [("m_action", HostileHeap.Action), ("m_continuationObject", Continuation), ("m_stateObject", Object)]);
        _suspended = _heap.Type("System.Runtime.CompilerServices.AsyncHelpers.RuntimeAsyncTask`1", _task);
        _continuation = _heap.Type("System.Runtime.CompilerServices.Continuation", fields: [("Next", Follower), ("ResumeInfo", Resume)]);
        _head = _heap.Type("System.Runtime.CompilerServices.RuntimeAsyncTaskContinuation", _continuation, fields: [("Task", Awaited)]);
        _heap.Suspensions.AddRange([Place, Other]);
    }

    [Fact]
    public void AChainIsOneStack()
    {
        Begin(first: At(1));
        Head(awaited: At(4), next: At(2));
        Method(next: At(3));
        Method(next: 0, Other);
        Source();
        AsyncStack stack = Assert.Single(Show());
        Assert.Equal((2, AsyncWaitKind.TaskCompletionSource), (stack.Frames.Count, stack.WaitingFor.Kind));
        Assert.Equal(At(4), stack.WaitingFor.Object!.Value.Value);
    }

    [Fact]
    public void ATaskThatIsAwaitedLeadsToTheMethodsOfAnother()
    {
        Begin(first: At(1));
        Head(awaited: At(3), next: At(2));
        Method(next: 0);
        Begin(first: At(4));
        Head(awaited: At(6), next: At(5));
        Method(next: 0, Other);
        Source();
        AsyncStack stack = Assert.Single(Show());
        Assert.Equal((2, AsyncWaitKind.TaskCompletionSource), (stack.Frames.Count, stack.WaitingFor.Kind));
    }

    /// <summary>As the runtime makes one around a method that is not async.</summary>
    [Fact]
    public void ATaskWithoutMethodsIsWhatItWaitsFor()
    {
        Begin(first: At(1));
        Head(awaited: At(3), next: At(2));
        Method(next: 0);
        Begin(first: At(4));
        Head(awaited: At(5), next: 0);
        Source();
        AsyncStack stack = Assert.Single(Show());
        Assert.Equal((1, AsyncWaitKind.TaskCompletionSource), (stack.Frames.Count, stack.WaitingFor.Kind));
    }

    [Fact]
    public void WhatAThreadGoesOnWithIsNoStackOfItsOwn()
    {
        Begin(first: 0);
        Method(next: At(2));
        Method(next: 0);
        _heap.Running.Add(new RunningRecord { Thread = 0, Object = 0, Frame = 0, Next = 2 });
        ThreadDump dump = SavedDump.Show(_heap.File(), SavedDump.Desk("/nowhere"));
        Assert.Empty(dump.AsyncStacks);
        Assert.Equal(2, Assert.Single(dump.Threads).AsyncCallers.Count);
    }

    [Fact]
    public void ATaskThatWaitsIsNotRunWhateverAThreadSays()
    {
        Begin(first: At(1));
        Head(awaited: At(3), next: At(2));
        Method(next: 0);
        Source();
        _heap.Running.Add(new RunningRecord { Thread = 0, Object = 0, Frame = 0, Next = 3 });
        Assert.Equal(AsyncWaitKind.TaskCompletionSource, Assert.Single(Show()).WaitingFor.Kind);
    }

    [Fact]
    public void ThoseThatAreRunWithoutAThreadAreSaidToRun()
    {
        Begin(first: At(1));
        Head(awaited: At(3), next: At(2));
        Method(next: 0);
        Begin(first: 0);
        Assert.Equal(AsyncWaitKind.Running, Assert.Single(Show()).WaitingFor.Kind);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void AChainThatLeadsBackEnds(int to)
    {
        Begin(first: At(1));
        Head(awaited: 0, next: At(2));
        Method(next: At(3));
        Method(next: At(to));
        Assert.Equal(2, Assert.Single(Show()).Frames.Count);
    }

    [Fact]
    public void TwoTasksCannotHaveOneChain()
    {
        Begin(first: At(2));
        Begin(first: At(2));
        Method(next: At(3));
        Method(next: 0);
        Assert.Equal(2, Assert.Single(Show()).Frames.Count);
    }

    [Fact]
    public void ALongChainIsCutAndSaysSo()
    {
        Begin(first: At(1));
        for (int i = 1; i <= 50_000; i++)
            Method(next: At(i + 1));
        AsyncStack stack = Assert.Single(Show());
        Assert.True(stack.IsTruncated);
        Assert.InRange(stack.Frames.Count, 1000, 50_000);
    }

    [Fact]
    public void WhatIsNoContinuationEndsAChain()
    {
        Begin(first: At(1));
        Method(next: At(2));
        Source();
        Assert.Single(Assert.Single(Show()).Frames);
    }

    private void Begin(ulong first) => _heap.Object(_suspended, Suspended, words: [(Object, first)]);

    private void Head(ulong awaited, ulong next) =>
        _heap.Object(_head, HeapObjectFlags.Continuation, words: [(Follower, next), (Resume, Platform), (Awaited, awaited)]);

    private void Method(ulong next, ulong place = Place) => _heap.Object(_continuation, HeapObjectFlags.Continuation, words: [(Follower, next), (Resume, place)]);

    private void Source() => _heap.Object(_task, HeapObjectFlags.Task);

    private IReadOnlyList<AsyncStack> Show() => SavedDump.Show(_heap.File(), SavedDump.Desk("/nowhere")).AsyncStacks;
}
