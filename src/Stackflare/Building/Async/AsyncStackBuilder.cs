using Stackflare.Analysis;
using Stackflare.Snapshots;
using Stackflare.Symbols;

namespace Stackflare.Building.Async;

/// <summary>Builds the async stacks of a dump: from each method that no other method awaits down to the innermost method.</summary>
internal sealed class AsyncStackBuilder
{
    private readonly AsyncGraph _graph;
    private readonly AsyncFrames _frames;
    private readonly AsyncIdentities _identities;
    private readonly DumpThread?[] _runs;
    private readonly List<(int Box, int Frame)> _innermost = [];
    private readonly DumpFrame?[] _running;
    private readonly bool[] _onPath, _seen, _shown;
    private readonly Dictionary<int, List<DumpThread>> _blocked = [];
    private readonly TaskDependencies _dependencies;
    private readonly RequestReader _requests;
    private int _steps, _branches;

    /// <param name="snapshot">A snapshot with a heap.</param>
    /// <param name="session">Resolves names and lines.</param>
    /// <param name="threads">The threads with their waits, in the order of the snapshot.</param>
    public AsyncStackBuilder(Snapshot snapshot, SymbolSession session, IReadOnlyList<DumpThread> threads)
    {
        _graph = new AsyncGraph(snapshot, new HeapObjects(snapshot, session));
        _frames = new AsyncFrames(snapshot, session);
        _identities = new AsyncIdentities(_graph);
        int count = _graph.Boxes.All.Count;
        (_runs, _running) = (new DumpThread?[count], new DumpFrame?[count]);
        (_onPath, _seen, _shown) = (new bool[count], new bool[count], new bool[count]);
        var running = new HashSet<DumpThread>();
        foreach (RunningMethod record in _graph.Objects.Heap.Running)
        {
            int box = _graph.Boxes.IndexOf(record);
            DumpThread thread = threads[record.Thread];
            // A thread can have several methods on its stack, because completing one can resume another inline. It runs the innermost that does not
            // wait.
            bool isInnermost = box >= 0 && running.Add(thread);
            if (isInnermost)
                _innermost.Add((box, record.Frame));
            // For a runtime-suspended method, the record itself proves that the thread runs it.
            if (isInnermost || (box >= 0 && _graph.Objects.Is(record.Object, HeapObjectTraits.Suspended)))
                (_runs[box], _running[box], _shown[box]) = (thread, thread.Frames.ElementAtOrDefault(MethodAt(thread, record.Frame)), true);
        }
        _requests = new RequestReader(_graph.Objects, _graph.Boxes, snapshot.CapturedAt);
        _dependencies = new TaskDependencies(_graph, _runs, new ContextWork(snapshot, session, threads).Find(_graph, _frames), TaskDependencies.RunningTasks(snapshot, threads));
        foreach (DumpThread thread in threads.OrderBy(static t => t.ManagedId?.Value ?? 0))
            Block(thread);
    }

    /// <summary>Finds which threads run the work of tasks that threads wait for.</summary>
    public TaskDependencies Dependencies => _dependencies;

    /// <summary>Whether stacks are missing because of a limit.</summary>
    public bool IsTruncated => _steps > AsyncLimits.Steps || _branches > AsyncLimits.Branches || _graph.IsTruncated;

    /// <summary>The HTTP requests that the program serves, the oldest first. Complete after <see cref="Build"/>.</summary>
    public RequestInFlight[] Requests => _requests.All;

    /// <summary>Returns the stacks in the order of the dump, and sets the async callers of the threads.</summary>
    public AsyncStack[] Build()
    {
        foreach ((int box, int frame) in _innermost)
        {
            if (_runs[box] is not { } thread || CallersOf(box) is not { Length: > 0 } callers)
                continue;
            thread.AsyncCallers = callers;
            thread.AwaitedFrameIndex = MethodAt(thread, frame);
        }
        foreach ((int box, _) in _innermost)
        {
            if (_runs[box] is { } thread && RequestOf(box) is { } request)
                request.Thread ??= thread;
        }
        var stacks = new List<AsyncStack>();
        for (int box = 0; box < _seen.Length && _steps <= AsyncLimits.Steps; box++)
        {
            // A thread can be blocked by a method that other methods await too.
            if (_graph.AwaiterOf(box) == AsyncGraph.None || _blocked.ContainsKey(box))
                Add(box, stacks);
        }
        // A method that is not yet visited is in a cycle, or a method in a cycle awaits it.
        for (int box = 0; box < _seen.Length && _steps <= AsyncLimits.Steps; box++)
        {
            if (!_seen[box])
                Add(box, stacks);
        }
        return InOrder(stacks);
    }

    /// <summary>The frame of the method itself: for one that the runtime suspends, the record has the framework's frame that continues it.</summary>
    private static int MethodAt(DumpThread thread, int frame)
    {
        int index = Math.Min(frame, thread.Frames.Count - 1);
        while (index > 0 && IsContinuing(thread.Frames[index]))
            index--;
        return index;

        static bool IsContinuing(DumpFrame frame) => frame.Module is null
            || (frame.Module.IsOfPlatform && frame.Method.DeclaringType.StartsWith("System.Runtime.CompilerServices.AsyncHelpers", StringComparison.Ordinal));
    }

    private void Block(DumpThread thread)
    {
        if (thread.WaitingFor is not { Kind: WaitKind.Task } wait)
            return;
        foreach (int box in _dependencies.MethodsBehind(wait))
        {
            if (!_blocked.TryGetValue(box, out List<DumpThread>? threads))
                _blocked[box] = threads = [];
            threads.Add(thread);
        }
    }

    private void Add(int box, List<AsyncStack> stacks)
    {
        AsyncStack stack = StackOf(box, AsyncLimits.Depth, out RequestReader.Found? request);
        if (request is not null)
            request.AsyncStack ??= stack;
        // The thread of a running method shows its async callers up to one with several awaiters. The stacks of those are shown here.
        if (!_shown[box] || stack.BlockedThreads.Count > 0)
            stacks.Add(stack);
    }

    private AsyncStack StackOf(int outermost, int depth, out RequestReader.Found? request)
    {
        var path = new List<int>();
        request = null;
        int box = outermost;
        while (true)
        {
            path.Add(box);
            request ??= _requests.ServedBy(box);
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
            if (FrameAt(path[--inner]) is { } frame)
                frames.Add(frame);
        }
        Awaited awaited = _graph.Awaited(box);
        ulong? identity = _identities.Of(path);
        AsyncWait wait = awaited.Box < 0 ? Wait(awaited, _runs[box], depth, identity) : new AsyncWait
        {
            // If one wait of the cycle can end early, all methods can continue.
            Kind = path.Skip(path.IndexOf(awaited.Box)).Any(b => _graph.Awaited(b).MayBeGivenUp) ? AsyncWaitKind.Other : AsyncWaitKind.Cycle,
            DueIn = awaited.DueIn,
        };
        if (wait.Kind == AsyncWaitKind.SemaphoreSlim)
            wait.IsReleasedByWaiter = ReleasesSemaphore(path);
        foreach (int passed in path)
            _onPath[passed] = false;
        return new AsyncStack
        {
            Frames = [.. frames],
            WaitingFor = wait,
            Innermost = new ObjectAddress(_graph.Objects[_graph.Boxes.All[box].Object].Address),
            Identity = _identities.Of(identity, awaited, wait),
            IsTruncated = inner > 0,
            BlockedThreads = _blocked.TryGetValue(outermost, out List<DumpThread>? blocked) ? blocked : [],
        };
    }

    /// <summary>Whether the innermost method of the program releases a semaphore.</summary>
    private bool ReleasesSemaphore(List<int> path)
    {
        for (int i = path.Count; i-- > 0;)
        {
            if (_frames.FrameAt(_graph.Boxes.All[path[i]]) is { IsHidden: false, Module.IsOfPlatform: false })
                return _frames.ReleasesSemaphore(_graph.Boxes.All[path[i]]);
        }
        return false;
    }

    private AsyncWait Wait(in Awaited awaited, DumpThread? runs, int depth, ulong? path)
    {
        PromiseState? promise = _graph.Promise(awaited);
        ChannelState? channel = _graph.Channel(awaited);
        return new AsyncWait
        {
            Kind = awaited.Kind,
            Type = awaited.Type,
            Object = awaited.Object < 0 ? null : new ObjectAddress(_graph.Objects[awaited.Object].Address),
            Operation = awaited.Operation,
            RemoteEnd = awaited.RemoteEnd,
            Free = awaited is { Kind: AsyncWaitKind.SemaphoreSlim, Object: >= 0 } ? _graph.Objects.Number(awaited.Object, "m_currentCount") : null,
            Limit = awaited is { Kind: AsyncWaitKind.SemaphoreSlim, Object: >= 0 } ? _graph.Objects.Number(awaited.Object, "m_maxCount") : null,
            IsOfChannel = channel is not null,
            Items = channel?.Items,
            Capacity = channel?.Capacity,
            Readers = channel?.Readers,
            Writers = channel?.Writers,
            DueIn = awaited.DueIn,
            Pending = promise?.Pending,
            Total = promise?.Total,
            Unfinished = promise is null || depth == 0 ? [] : InOrder(Unfinished(promise.Members, depth - 1, path)),
            Thread = runs,
        };
    }

    private List<AsyncStack> Unfinished(Awaited[] members, int depth, ulong? path)
    {
        var stacks = new List<AsyncStack>();
        foreach (Awaited member in members)
        {
            if (_branches > AsyncLimits.Branches || _steps > AsyncLimits.Steps)
                break;
            _branches++;
            if (member.Box < 0)
                stacks.Add(TaskOf(member, depth, path));
            else if (_onPath[member.Box])
                stacks.Add(new AsyncStack { Frames = FrameAt(member.Box) is { } frame ? [frame] : [], WaitingFor = new AsyncWait { Kind = AsyncWaitKind.Cycle } });
            else
                stacks.Add(StackOf(member.Box, depth, out _));
        }
        return stacks;
    }

    /// <summary>A task that is not an async method.</summary>
    private AsyncStack TaskOf(in Awaited task, int depth, ulong? path)
    {
        AsyncWait wait = Wait(task, runs: null, depth, path);
        return new AsyncStack { Frames = [], WaitingFor = wait, Identity = _identities.OfTask(path, task, wait) };
    }

    /// <summary>A running method is where its thread is.</summary>
    private DumpFrame? FrameAt(int box) => _running[box] ?? _frames.FrameAt(_graph.Boxes.All[box]);

    /// <summary>
    /// The request for which a caller of a running method waits: the server's method that waits for the program's answer, or, if that method itself runs and the
    /// runtime suspends it, its own caller. Only direct waits count: a task behind a <c>WhenAll</c> does not keep the request busy.
    /// </summary>
    private RequestReader.Found? RequestOf(int box)
    {
        RequestReader.Found? request = _requests.ServedBy(box);
        var passed = new HashSet<int> { box };
        for (int child = box, at = _graph.AwaiterOf(box); request is null && at >= 0 && passed.Add(at) && _graph.Awaited(at).Box == child && _steps++ < AsyncLimits.Steps;)
        {
            request = _requests.ServedBy(at) ?? _requests.ConnectedTo(at);
            (child, at) = (at, _graph.AwaiterOf(at));
        }
        return request;
    }

    /// <summary>The chain of awaiters, up to a method without exactly one awaiter.</summary>
    private DumpFrame[] CallersOf(int box)
    {
        var frames = new List<DumpFrame>();
        var passed = new HashSet<int> { box };
        for (int at = _graph.AwaiterOf(box); at >= 0 && passed.Add(at) && frames.Count < AsyncLimits.Frames && _steps++ < AsyncLimits.Steps; at = _graph.AwaiterOf(at))
        {
            _shown[at] = true;
            if (FrameAt(at) is { } frame)
                frames.Add(frame);
        }
        return [.. frames];
    }

    /// <summary>Equal stacks adjacent, in the order of the groups.</summary>
    private static AsyncStack[] InOrder(List<AsyncStack> stacks) =>
        stacks.Count < 2 ? [.. stacks] : [.. AsyncStackGroup.Group(stacks).SelectMany(static g => g.Stacks).Select(static s => s.Stack)];
}
