using Stackflare.Snapshots;

namespace Stackflare.Building.Async;

/// <summary>Which async method waits for which. Each waits for at most one; any number can wait for the same one.</summary>
internal sealed class AsyncGraph
{
    private readonly AwaitedObjects _awaitedObjects;
    private readonly Awaited[] _awaited;
    private readonly int[] _awaiter;
    private readonly Dictionary<int, PromiseState> _promises = [];

    public AsyncGraph(Snapshot snapshot, HeapObjects objects)
    {
        Objects = objects;
        Boxes = new AsyncBoxes(snapshot, objects);
        _awaitedObjects = new AwaitedObjects(objects, Boxes);
        _awaited = new Awaited[Boxes.All.Count];
        _awaiter = new int[_awaited.Length];
        Array.Fill(_awaiter, None);
        for (int box = 0; box < _awaited.Length; box++)
            _awaited[box] = _awaitedObjects.AwaitedBy(Boxes.All[box]);
        for (int box = 0; box < _awaited.Length; box++)
            Link(_awaited[box], box, AsyncLimits.Depth);
    }

    public const int None = -1, Several = -2;

    public HeapObjects Objects { get; }

    public AsyncBoxes Boxes { get; }

    /// <summary>Whether the limit on inner tasks was reached.</summary>
    public bool IsTruncated => _awaitedObjects.Promises.IsTruncated;

    /// <summary>What a method waits for.</summary>
    public ref readonly Awaited Awaited(int box) => ref _awaited[box];

    /// <summary>What a task waits for: its own method, or what it waits for on behalf of its awaiter.</summary>
    public Awaited At(ulong task) => _awaitedObjects.At(task);

    /// <summary>
    /// The method that waits for this method, directly or through a <c>WhenAll</c> or similar; <see cref="None"/> or <see cref="Several"/>.
    /// </summary>
    public int AwaiterOf(int box) => _awaiter[box];

    /// <summary>The state of a <c>WhenAll</c> or similar; null for anything else.</summary>
    public PromiseState? Promise(in Awaited awaited)
    {
        if (awaited.Kind is not (AsyncWaitKind.WhenAll or AsyncWaitKind.WhenAny) || awaited.Box >= 0)
            return null;
        if (!_promises.TryGetValue(awaited.Object, out PromiseState? state))
        {
            (List<ulong> unfinished, int? pending, int? total) = _awaitedObjects.TasksOf(awaited.Object);
            _promises[awaited.Object] = state = new PromiseState([.. unfinished.Select(a => _awaitedObjects.At(a))], pending, total);
        }
        return state;
    }

    /// <summary>How full a channel is, and how many wait for it; null if it is not one, or not known.</summary>
    public ChannelState? Channel(in Awaited awaited) => awaited is { Kind: AsyncWaitKind.Channel, Object: >= 0 } ? _awaitedObjects.Channels.StateOf(awaited.Object) : null;

    /// <summary>The incomplete tasks that continue with a promise, or with an object that was not copied.</summary>
    public IReadOnlyList<int> ContinuationSources(ulong address) => _awaitedObjects.Promises.ContinuationSources(address);

    /// <summary>The methods that run the bodies of the parallel loop with a task.</summary>
    public IReadOnlyList<ulong> WorkersOf(ulong task) => _awaitedObjects.WorkersOf(task);

    private void Link(in Awaited to, int from, int depth)
    {
        if (to.Box >= 0)
        {
            _awaiter[to.Box] = _awaiter[to.Box] is None ? from : Several;
            return;
        }
        // On the second visit, all methods below get several awaiters. A third visit changes nothing.
        if (depth == 0 || Promise(to) is not { } promise || ++promise.Links > 2)
            return;
        foreach (Awaited member in promise.Members)
            Link(member, from, depth - 1);
    }
}
