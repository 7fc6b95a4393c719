using Stackflare.Snapshots;

namespace Stackflare.Building.Async;

/// <summary>
/// The methods that the runtime suspends itself (runtime async). Each has a continuation object, which refers to the continuation of its caller. The
/// task of the outermost method refers to the first continuation; while a thread runs the innermost method, the thread refers to it.
/// </summary>
internal sealed class SuspendedMethods
{
    private const string TaskContinuation = "System.Runtime.CompilerServices.RuntimeAsyncTaskContinuation";
    private const string SourceContinuation = "System.Runtime.CompilerServices.AsyncHelpers.ValueTaskSourceContinuation";

    private readonly Snapshot _snapshot;
    private readonly HeapObjects _objects;
    private readonly List<AsyncBox> _boxes;
    private readonly int[] _boxOfObject;
    private readonly bool[] _taken;
    private readonly Dictionary<int, int> _runs = [];
    private readonly Dictionary<int, ulong> _passedOn = [];
    private readonly Dictionary<int, string?> _awaiters = [];

    /// <param name="snapshot">The snapshot.</param>
    /// <param name="objects">Its objects.</param>
    /// <param name="boxes">The methods; the methods found here are added.</param>
    /// <param name="boxOfObject">For each object, the number of its method.</param>
    public SuspendedMethods(Snapshot snapshot, HeapObjects objects, List<AsyncBox> boxes, int[] boxOfObject)
    {
        (_snapshot, _objects, _boxes, _boxOfObject) = (snapshot, objects, boxes, boxOfObject);
        _taken = new bool[objects.Count];
        var running = new Dictionary<int, int?>();
        foreach (ref readonly RunningMethod record in objects.Heap.Running.AsSpan())
        {
            if (objects.Is(record.Object, HeapObjectTraits.Suspended))
                running.TryAdd(record.Object, record.Next);
        }
        for (int i = 0; i < objects.Count; i++)
        {
            if (!objects.Is(i, HeapObjectTraits.Suspended) || objects.Is(i, HeapObjectTraits.Completed))
                continue;
            // A waiting task refers to its chain; a running one does not.
            if (objects.Word(i, "m_stateObject") is not null and not 0 and var first)
                Read(i, objects.Find(first), AsyncGraph.None);
            else if (running.TryGetValue(i, out int? next))
                Run(i, next ?? -1);
        }
    }

    /// <summary>The number of the running method of a task; negative if there is none.</summary>
    public int RunOf(int task) => _runs.GetValueOrDefault(task, AsyncGraph.None);

    /// <summary>What a task without a method waits for and passes on; 0 for any other task.</summary>
    public ulong PassedOnTo(int task) => _passedOn.GetValueOrDefault(task);

    private void Run(int task, int next)
    {
        int innermost = _boxes.Count;
        _boxes.Add(new AsyncBox(task, Machine: null, AsyncBox.Running, 0, null));
        _runs[task] = innermost;
        Read(task, next, innermost);
    }

    private void Read(int task, int first, int innermost)
    {
        int inner = innermost;
        ulong awaited = 0;
        string? awaiter = null;
        // Each continuation belongs to one method, even if a hostile program says otherwise.
        for (int at = first; at >= 0 && !_taken[at] && _objects.Is(at, HeapObjectTraits.Continuation); at = _objects.Reference(at, "Next"))
        {
            _taken[at] = true;
            int? place = _objects.Word(at, "ResumeInfo") is { } resumeInfo ? _objects.Heap.FrameOf(resumeInfo) : null;
            if (place is not { } frame)
            {
                // A continuation of the framework without a method, which contains the awaited object of the innermost method.
                if (inner < 0 && awaited == 0)
                    (awaited, awaiter) = Awaited(at);
                continue;
            }
            if (inner < 0 && awaited == 0)
                (awaited, awaiter) = AwaitedBy(task, at, frame);
            int box = _boxes.Count;
            _boxes.Add(new AsyncBox(at, Machine: null, State: 0, awaited, awaiter) { Frame = frame, Inner = inner });
            _boxOfObject[at] = inner = box;
            (awaited, awaiter) = (0, null);
        }
        if (inner >= 0)
            _boxOfObject[task] = inner;
        else if (awaited != 0)
            _passedOn[task] = awaited;
    }

    private (ulong Awaited, string? Awaiter) Awaited(int continuation) => _objects.Definition(continuation) switch
    {
        TaskContinuation => (_objects.Word(continuation, "Task") ?? 0, null),
        SourceContinuation => (_objects.Word(continuation, "Source") ?? 0, null),
        _ => (0, null),
    };

    /// <summary>
    /// The awaited object of the innermost method if its awaiter has any other type. It is among the method's variables: a task whose continuation is
    /// the action of the method's task. If there is none, the call instruction says the type of the awaiter.
    /// </summary>
    private (ulong Awaited, string? Awaiter) AwaitedBy(int task, int continuation, int frame)
    {
        if (!_awaiters.TryGetValue(frame, out string? awaiter))
            _awaiters[frame] = awaiter = _objects.AwaiterAt(_snapshot.Frames[frame]);
        ulong action = _objects.Word(task, "m_action") ?? 0;
        ref readonly HeapObject entry = ref _objects[continuation];
        ulong only = 0;
        int tasks = 0;
        for (ulong at = FirstVariable; at + sizeof(ulong) <= (ulong)entry.Bytes.Length && at < MaxVariables; at += sizeof(ulong))
        {
            ulong word = SnapshotHeap.Word(entry, at);
            int index = _objects.Find(word);
            if (index < 0 || index == task || !_objects.Is(index, HeapObjectTraits.Task))
                continue;
            if (action != 0 && _objects.Word(index, "m_continuationObject") == action)
                return (word, awaiter);
            if (word != only)
                tasks++;
            only = word;
        }
        // A framework awaiter for tasks contains the task, so it must be the only one.
        return (tasks == 1 && AwaitedObjects.IsForTasks(awaiter) ? only : 0, awaiter);
    }

    /// <summary>Offsets of the method's variables in a continuation, in bytes.</summary>
    private const ulong FirstVariable = 32, MaxVariables = 4096;
}
