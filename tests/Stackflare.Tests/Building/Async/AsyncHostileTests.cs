using Stackflare.Snapshots.Format;
using Stackflare.Tests.Symbols.Saved;
using Stackflare.Tests.Writers;
using static Stackflare.Tests.Building.Async.HostileHeap;

namespace Stackflare.Tests.Building.Async;

/// <summary>Heaps that no runtime makes. Each gives a dump, soon, and of a size that has to do with that of the file.</summary>
public sealed class AsyncHostileTests
{
    private const HeapObjectFlags Box = HeapObjectFlags.Method | HeapObjectFlags.Task;
    private const ulong Nothing = 0xDEAD0;

    private readonly HostileHeap _heap = new();
    private readonly uint _task, _machine, _box, _array, _all, _timer;

    public AsyncHostileTests()
    {
        _task = _heap.Type("System.Threading.Tasks.Task", fields: [("m_action", HostileHeap.Action), ("m_continuationObject", Continuation)]);
        _machine = _heap.Type("Shop.Work", flags: HeapLayoutFlags.Struct, fields: [("<>1__state", 0), ("<>u__1", 8), ("<>u__2", 16)]);
        _box = BoxOf(_machine);
        _array = _heap.Type("Tasks");
        _all = TaskType("WhenAllPromise`1", ("m_tasks", HostileHeap.Task), ("_remainingToComplete", Awaiter));
        _timer = _heap.Type("System.Threading.TimerQueueTimer", fields: [("_dueTime", Due), ("_startTicks", Start)]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void AnythingMayReferToAnything(int seed)
    {
        for (int i = 0; i < 60; i++)
        {
            var random = new Random((seed * 1000) + i);
            var tests = new AsyncHostileTests();
            tests.Scatter(random, 1 + random.Next(80));
            Show(tests._heap, atMost: 20_000_000);
        }
    }

    [Fact]
    public void DamagedFilesAreShownOrRefused()
    {
        var random = new Random(11);
        Waiting(0, state: -1);
        Scatter(random, 60);
        _heap.Running.Add(new RunningRecord { Object = 0, Next = 1 });
        byte[] file = _heap.File();
        int shown = 0;
        for (int i = 0; i < 5000; i++)
        {
            byte[] damaged = [.. file];
            for (int n = random.Next(1, 4); n > 0; n--)
                damaged[random.Next(damaged.Length)] = (byte)(random.Next(3) == 0 ? 0xFF : random.Next(256));
            try
            {
                ThreadDump dump = SavedDump.Show(damaged, SavedDump.Desk("/nowhere"));
                Render.Text(dump, Render.All);
                Render.Json(dump);
                shown++;
            }
            catch (SnapshotFormatException)
            {
            }
        }
        Assert.InRange(shown, 100, 5000);
    }

    [Fact]
    public void AHundredThousandMayReferToAnything()
    {
        Scatter(new Random(7), 100_000);
        Show(_heap);
    }

    [Fact]
    public void AnObjectMayBeOfNoType()
    {
        Waiting(At(1));
        _heap.Object(SnapshotConstants.None, HeapObjectFlags.Task);
        Waiting(At(3));
        _heap.Object(SnapshotConstants.None, Box);
        Waiting(At(5));
        _heap.Object(SnapshotConstants.None, HeapObjectFlags.Source);
        Assert.Equal(3, Show(_heap).AsyncStacks.Count);
    }

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    [InlineData(0)]
    public void ATimerMayHaveBegunAtAnyTime(long start)
    {
        uint delay = TaskType("DelayPromise", ("_timer", HostileHeap.Task));
        Waiting(At(1));
        _heap.Object(delay, HeapObjectFlags.Task, words: [(HostileHeap.Task, At(2))]);
        _heap.Object(_timer, HeapObjectFlags.Timer, words: [(Due, 5000), (Start, (ulong)start)]);
        _heap.NowNs = start == 0 ? long.MinValue : long.MaxValue;
        Assert.Single(Show(_heap).AsyncStacks);

    }

    [Fact]
    public void ManyMayShareAnArray()
    {
        const int Many = 50_000;
        for (int i = 0; i < Many; i++)
            Waiting(At(Many + i), state: i);
        for (int i = 0; i < Many; i++)
            _heap.Object(_all, HeapObjectFlags.Task, words: [(HostileHeap.Task, At(2 * Many))]);
        _heap.Array(_array, [.. Enumerable.Repeat(Nothing, 20_000)]);
        Assert.Contains(Show(_heap).Notes, n => n.Contains("too many", StringComparison.Ordinal));
    }

    /// <summary>They differ in the last of what they wait for only, and are as many as to be compared each with each would take for ever.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void ManyMayBeAllButAlike(int levels)
    {
        const int Many = 20_000, Members = 12;
        int next = Many;
        var rest = new List<System.Action>();
        for (int i = 0; i < Many; i++)
        {
            Waiting(At(next));
            for (int level = 0; level < levels; level++, next += 2)
            {
                ulong array = At(next + 1), last = level < levels - 1 ? At(next + 2) : At(Many + (Many * 2 * levels) + i);
                rest.Add(() => _heap.Object(_all, HeapObjectFlags.Task, words: [(HostileHeap.Task, array)]));
                rest.Add(() => _heap.Array(_array, [.. Enumerable.Repeat(Nothing, Members), last]));
            }
        }
        rest.ForEach(a => a());
        for (int i = 0; i < Many; i++)
            Waiting(0, state: 1000 + i);
        Show(_heap);
    }

    [Fact]
    public void TypesMayShareTheirMachineAndParent()
    {
        const int Types = 10_000, Fields = 20_000;
        uint machine = _heap.Type("Big", flags: HeapLayoutFlags.Struct, fields: [("<>1__state", 0), .. Enumerable.Range(0, Fields).Select(i => ("<>u__1", 8 + i))]);
        uint parent = _heap.Type("Parent", fields: [.. Enumerable.Range(0, Fields).Select(i => ("other", i))]);
        for (int i = 0; i < Types; i++)
        {
            uint type = _heap.Type(null, parent, machine, references: [40], fields: [("x", 1)]);
            _heap.Object(type, Box, words: [(State, 0), (Awaiter, Nothing)]);
        }
        for (int i = 0; i < Types; i++)
        {
            uint type = _heap.Type(null, _task, machine, references: [40], fields: [("StateMachine", State)]);
            _heap.Object(type, Box, words: [(State, 1), (Awaiter, 0)]);
        }
        Show(_heap, atMost: 200_000_000);
    }

    [Fact]
    public void ManyMayGoThroughTheSame()
    {
        const int Many = 50_000, Chain = 70;
        uint limited = TaskType("CancellationPromise`1", ("_task", HostileHeap.Task), ("_timer", Next));
        for (int i = 0; i < Many; i++)
            Waiting(At(Many), state: i);
        for (int i = 0; i < Chain; i++)
            _heap.Object(limited, HeapObjectFlags.Task, words: [(HostileHeap.Task, At(Many + i + 1)), (Next, Nothing)]);
        Show(_heap, atMost: 200_000_000);
    }

    [Fact]
    public void WaysMayBeMoreThanCouldBeGone()
    {
        const int Width = 8;
        Waiting(At(1));
        // Each task of a level waits for all of the next, and through methods.
        for (int level = 0, at = 1; level < 20; level++)
        {
            int next = at + (3 * Width);
            ulong[] members = [.. Enumerable.Range(0, Width).Select(i => At(next + (3 * i)))];
            for (int i = 0; i < Width; i++, at += 3)
            {
                Waiting(At(at + 1), state: (level * Width) + i);
                _heap.Object(_all, HeapObjectFlags.Task, words: [(HostileHeap.Task, At(at + 2))]);
                _heap.Array(_array, members);
            }
        }
        Show(_heap);
    }

    [Fact]
    public void AChainMayBeLongAndHaveManyEnds()
    {
        const int Chain = 30_000, Ends = 3_000;
        for (int i = 0; i < Chain; i++)
            Waiting(i + 1 < Chain ? At(i + 1) : Nothing, state: i);
        for (int i = 0; i < Ends; i++)
            Waiting(At(i), state: Chain + i);
        Show(_heap, atMost: 400_000_000);
    }

    [Fact]
    public void QueuesMayBeCycles()
    {
        uint semaphore = _heap.Type("System.Threading.SemaphoreSlim", fields: [("m_asyncHead", HostileHeap.Task), ("m_asyncTail", Next)]);
        uint node = TaskType("TaskNode", ("Next", Next), ("Prev", Previous));
        Waiting(At(2));
        _heap.Object(semaphore, HeapObjectFlags.Semaphore, words: [(HostileHeap.Task, At(2)), (Next, At(1))]);
        _heap.Object(node, HeapObjectFlags.Task, words: [(Next, At(3)), (Previous, At(2))]);
        _heap.Object(node, HeapObjectFlags.Task, words: [(Next, At(2)), (Previous, At(0))]);
        Assert.Equal(AsyncWaitKind.SemaphoreSlim, Assert.Single(Show(_heap).AsyncStacks).WaitingFor.Kind);
    }

    private uint BoxOf(uint machine) => _heap.Type(null, _task, machine, references: [Awaiter, Next], fields: [("StateMachine", State)]);

    private uint TaskType(string name, params (string, int)[] fields) => _heap.Type("System.Threading.Tasks." + name, _task, fields: fields);

    private void Waiting(ulong awaited, int state = 0) => _heap.Object(_box, Box, words: [(State, (uint)state), (Awaiter, awaited)]);

    private void Scatter(Random random, int count)
    {
        uint reference = _heap.Type("Shop.Class", fields: [("<>1__state", State), ("<>u__1", Awaiter), ("<>u__2", Next)], references: [Awaiter, Next, Previous]);
        (uint Type, HeapObjectFlags Flags)[] types =
        [
            (_box, Box), (_box, Box | HeapObjectFlags.Completed), (_box, HeapObjectFlags.Method | HeapObjectFlags.Pooled), (BoxOf(reference), Box), (reference, HeapObjectFlags.Machine),
            (_task, HeapObjectFlags.Task), (_all, HeapObjectFlags.Task), (_all, HeapObjectFlags.Task), (_array, HeapObjectFlags.Array), (_timer, HeapObjectFlags.Timer),
            (TaskType("TwoTaskWhenAnyPromise`1", ("_task1", HostileHeap.Task), ("_task2", Next)), HeapObjectFlags.Task),
            (TaskType("CompleteOnCountdownPromise", ("_count", HostileHeap.Action)), HeapObjectFlags.Task),
            (TaskType("UnwrapPromise`1"), HeapObjectFlags.Task),
            (TaskType("CancellationPromise`1", ("_task", HostileHeap.Task), ("_timer", Next)), HeapObjectFlags.Task),
            (TaskType("ContinuationTaskFromTask", ("m_antecedent", HostileHeap.Task)), HeapObjectFlags.Task),
            (TaskType("ValueTaskSourceAsTask", ("_source", HostileHeap.Task)), HeapObjectFlags.Task),
            (TaskType("DelayPromise", ("_timer", HostileHeap.Task)), HeapObjectFlags.Task),
            (TaskType("TaskNode", ("Next", Next), ("Prev", Previous)), HeapObjectFlags.Task),
            (_heap.Type("System.Threading.SemaphoreSlim", fields: [("m_asyncHead", HostileHeap.Task), ("m_asyncTail", Next)]), HeapObjectFlags.Semaphore),
            (_heap.Type("System.Threading.Channels.AsyncOperation`1"), HeapObjectFlags.Source),
            (_heap.Type("System.Net.Sockets.SocketAsyncEventArgs", fields: [("_completedOperation", int.MaxValue)]), HeapObjectFlags.Source),
            (TaskType("RuntimeAsyncTask`1", ("m_stateObject", Next)), HeapObjectFlags.Task | HeapObjectFlags.Suspended),
            (_heap.Type("System.Runtime.CompilerServices.Continuation", fields: [("ResumeInfo", State), ("Next", Next)]), HeapObjectFlags.Continuation),
            (_heap.Type("System.Runtime.CompilerServices.RuntimeAsyncTaskContinuation", fields: [("Task", HostileHeap.Task), ("Next", Next)]), HeapObjectFlags.Continuation),
            (SnapshotConstants.None, (HeapObjectFlags)random.Next(1 << 12)),
        ];
        _heap.Suspensions.AddRange([1, 2, 3]);
        ulong[] words = new ulong[Bytes / 8];
        for (int i = 0; i < count; i++)
        {
            (uint type, HeapObjectFlags flags) = types[random.Next(types.Length)];
            for (int w = 0; w < words.Length; w++)
                words[w] = random.Next(8) switch { 0 => 0, 1 => (ulong)random.NextInt64(long.MinValue, long.MaxValue), 2 => (ulong)random.Next(-4, 40), _ => At(random.Next(count)) };
            if (flags.HasFlag(HeapObjectFlags.Method) && random.Next(4) > 0)
                words[State / 8] = (ulong)random.Next(-1, 3);
            if (type == _array)
                words[1] = (ulong)random.Next(-1, 9);
            _heap.Object(type, random.Next(50) == 0 ? (HeapObjectFlags)random.Next(1 << 12) : flags, random.Next(20) == 0 ? random.Next(Bytes) : Bytes, [.. words.Select((w, at) => (at * 8, w))]);
        }
    }

    /// <summary>Makes the dump and renders it in all ways.</summary>
    private static ThreadDump Show(HostileHeap heap, int atMost = 60_000_000)
    {
        byte[] file = heap.File();
        var effort = Effort.Begin();
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        ThreadDump dump = SavedDump.Show(file, SavedDump.Desk("/nowhere"));
        Log($"{file.Length:N0} bytes, {dump.AsyncStacks.Count:N0} stacks", effort, allocated);
        Assert.InRange(effort.Used, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        foreach (DumpFormat format in Enum.GetValues<DumpFormat>())
        {
            foreach (RenderOptions options in (RenderOptions[])[RenderOptions.Default, Render.All])
            {
                effort = Effort.Begin();
                int length = Render.With(dump, format, options).Length;
                Log($"{format}: {length:N0}", effort, 0);
                Assert.InRange(length, 0, atMost);
                Assert.InRange(effort.Used, TimeSpan.Zero, TimeSpan.FromSeconds(20));
            }
        }
        return dump;
    }

    private static void Log(string what, Effort effort, long allocated)
    {
        if (effort.Used.TotalMilliseconds > 200)
            TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {effort.Used.TotalMilliseconds:N0} ms{(allocated == 0 ? "" : $", {(GC.GetAllocatedBytesForCurrentThread() - allocated) >> 20:N0} MiB")}");
    }
}
