using Stackflare.Analysis;
using Stackflare.Snapshots;
using Stackflare.Symbols;

namespace Stackflare.Building.Async;

/// <summary>Makes the async stacks of a dump: one for each method that no other waits for, down to the innermost that it waits for.</summary>
internal sealed class AsyncStackBuilder
{
    private readonly AsyncGraph _graph;
    private readonly AsyncFrames _frames;
    private readonly DumpThread?[] _runs;
    private readonly List<int> _innermost = [];
    private readonly bool[] _onPath, _seen;
    private readonly Dictionary<int, List<DumpThread>> _blocked = [];
    private int _steps, _branches;

    /// <param name="snapshot">The snapshot, which has a heap.</param>
    /// <param name="session">For names and lines.</param>
    /// <param name="threads">The threads, in the order of the snapshot, with what they wait for.</param>
    public AsyncStackBuilder(Snapshot snapshot, SymbolSession session, IReadOnlyList<DumpThread> threads)
    {
        _graph = new AsyncGraph(snapshot, new HeapObjects(snapshot, session));
        _frames = new AsyncFrames(snapshot, session);
        int count = _graph.Boxes.All.Count;
        (_runs, _onPath, _seen) = (new DumpThread?[count], new bool[count], new bool[count]);
        var running = new HashSet<DumpThread>();
        foreach (RunningMethod record in _graph.Objects.Heap.Running)
        {
            int box = _graph.Boxes.Of(record);
            DumpThread thread = threads[record.Thread];
            // A thread can have several on its stack, one that goes on within the end of another: it runs the innermost that is not waiting itself.
            bool isInnermost = box >= 0 && running.Add(thread);
            if (isInnermost)
                _innermost.Add(box);
            // Of those that the runtime suspends it is certain that the thread runs them, as it says so itself.
            if (isInnermost || (box >= 0 && _graph.Objects.Is(record.Object, HeapObjectTraits.Suspended)))
                _runs[box] = thread;
        }
        foreach (DumpThread thread in threads.OrderBy(static t => t.ManagedId?.Value ?? 0))
            Block(thread);
    }

    /// <summary>Whether stacks are missing, as there were too many.</summary>
    public bool IsTruncated => _steps > AsyncLimits.Steps || _branches > AsyncLimits.Branches || _graph.IsTruncated;

    /// <summary>The stacks, in the order of the dump. Gives threads the callers of what they run.</summary>
    public AsyncStack[] Build()
    {
        foreach (int box in _innermost)
        {
            if (_runs[box] is { } thread)
                thread.AsyncCallers = CallersOf(box);
        }
        var stacks = new List<AsyncStack>();
        for (int box = 0; box < _seen.Length && _steps <= AsyncLimits.Steps; box++)
        {
            if (_graph.AwaiterOf(box) == AsyncGraph.None)
                Add(box, stacks);
        }
        // What was not come by waits for itself, or is waited for by what does.
        for (int box = 0; box < _seen.Length && _steps <= AsyncLimits.Steps; box++)
        {
            if (!_seen[box])
                Add(box, stacks);
        }
        return InOrder(stacks);
    }

    private void Block(DumpThread thread)
    {
        if (thread.WaitingFor is not { Kind: WaitKind.Task, Object: { } task } || _graph.Behind(task.Value) is not (>= 0 and var box))
            return;
        if (!_blocked.TryGetValue(box, out List<DumpThread>? threads))
            _blocked[box] = threads = [];
        threads.Add(thread);
    }

    private void Add(int box, List<AsyncStack> stacks)
    {
        AsyncStack stack = StackOf(box, AsyncLimits.Depth);
        // What a thread runs is on its stack, with those that wait for it.
        if (stack.WaitingFor is not { Kind: AsyncWaitKind.Running, Thread: not null })
            stacks.Add(stack);
    }

    private AsyncStack StackOf(int outermost, int depth)
    {
        var path = new List<int>();
        int box = outermost;
        while (true)
        {
            path.Add(box);
            _steps++;
            _onPath[box] = _seen[box] = true;
            int next = _graph.Awaited(box).Box;
            if (next < 0 || _onPath[next])
                break;
            box = next;
        }
        var frames = new List<DumpFrame>(Math.Min(path.Count, AsyncLimits.Frames));
        int inner = path.Count;
        while (inner > 0 && frames.Count < AsyncLimits.Frames)
        {
            if (_frames.Of(_graph.Boxes.All[path[--inner]]) is { } frame)
                frames.Add(frame);
        }
        Awaited awaited = _graph.Awaited(box);
        AsyncWait wait = awaited.Box < 0 ? Wait(awaited, _runs[box], depth) : new AsyncWait
        {
            // Where one gives up after a while, all go on.
            Kind = path.Skip(path.IndexOf(awaited.Box)).Any(b => _graph.Awaited(b).MayBeGivenUp) ? AsyncWaitKind.Other : AsyncWaitKind.Circle,
            DueIn = awaited.DueIn,
        };
        foreach (int passed in path)
            _onPath[passed] = false;
        return new AsyncStack
        {
            Frames = [.. frames],
            WaitingFor = wait,
            Innermost = new ObjectAddress(_graph.Objects[_graph.Boxes.All[box].Object].Address),
            IsTruncated = inner > 0,
            BlockedThreads = _blocked.TryGetValue(outermost, out List<DumpThread>? blocked) ? blocked : [],
        };
    }

    private AsyncWait Wait(in Awaited awaited, DumpThread? runs, int depth)
    {
        PromiseState? promise = _graph.Promise(awaited);
        return new AsyncWait
        {
            Kind = awaited.Kind,
            Type = awaited.Type,
            Object = awaited.Object < 0 ? null : new ObjectAddress(_graph.Objects[awaited.Object].Address),
            Operation = awaited.Operation,
            DueIn = awaited.DueIn,
            Pending = promise?.Pending,
            Total = promise?.Total,
            Unfinished = promise is null || depth == 0 ? [] : InOrder(Unfinished(promise.Members, depth - 1)),
            Thread = runs,
        };
    }

    private List<AsyncStack> Unfinished(Awaited[] members, int depth)
    {
        var stacks = new List<AsyncStack>();
        foreach (Awaited member in members)
        {
            if (_branches > AsyncLimits.Branches || _steps > AsyncLimits.Steps)
                break;
            _branches++;
            if (member.Box < 0)
                stacks.Add(new AsyncStack { Frames = [], WaitingFor = Wait(member, runs: null, depth) });
            else if (_onPath[member.Box])
                stacks.Add(new AsyncStack { Frames = _frames.Of(_graph.Boxes.All[member.Box]) is { } frame ? [frame] : [], WaitingFor = new AsyncWait { Kind = AsyncWaitKind.Circle } });
            else
                stacks.Add(StackOf(member.Box, depth));
        }
        return stacks;
    }

    /// <summary>Up from a method, as long as it is plain who waits.</summary>
    private DumpFrame[] CallersOf(int box)
    {
        var frames = new List<DumpFrame>();
        var passed = new HashSet<int> { box };
        for (int at = _graph.AwaiterOf(box); at >= 0 && passed.Add(at) && frames.Count < AsyncLimits.Frames && _steps++ < AsyncLimits.Steps; at = _graph.AwaiterOf(at))
        {
            if (_frames.Of(_graph.Boxes.All[at]) is { } frame)
                frames.Add(frame);
        }
        return [.. frames];
    }

    /// <summary>Those that are alike together, in the order of the groups.</summary>
    private static AsyncStack[] InOrder(List<AsyncStack> stacks) =>
        stacks.Count < 2 ? [.. stacks] : [.. AsyncStackGroup.Group(stacks).SelectMany(static g => g.Stacks).Select(static s => s.Stack)];
}
