using Stackflare.Capture;

namespace Stackflare.AsyncMethods;

/// <summary>Which async method waits for which. Each waits for one thing; any number can wait for it.</summary>
internal sealed class AsyncGraph
{
    private readonly AwaitedObjects _awaitedObjects;
    private readonly Awaited[] _awaited;
    private readonly int[] _awaiter;
    private readonly Dictionary<int, Awaited[]> _members = [];

    public AsyncGraph(RawSnapshot snapshot, HeapObjects objects)
    {
        Objects = objects;
        Boxes = new AsyncBoxes(snapshot, objects);
        _awaitedObjects = new AwaitedObjects(objects, Boxes);
        _awaited = new Awaited[Boxes.All.Count];
        _awaiter = new int[_awaited.Length];
        Array.Fill(_awaiter, None);
        for (int box = 0; box < _awaited.Length; box++)
            _awaited[box] = _awaitedObjects.Of(Boxes.All[box]);
        for (int box = 0; box < _awaited.Length; box++)
            Link(_awaited[box], box, AsyncLimits.Depth);
    }

    public const int None = -1, Several = -2;

    public HeapObjects Objects { get; }

    public AsyncBoxes Boxes { get; }

    /// <summary>What a method waits for.</summary>
    public ref readonly Awaited Awaited(int box) => ref _awaited[box];

    /// <summary>The method that a task is of, or waits for on behalf of whoever has it; negative when there is none.</summary>
    public int Behind(ulong task) => _awaitedObjects.At(task).Box;

    /// <summary>The method that waits for a method, also through <c>WhenAll</c> and its like; <see cref="None"/>, or <see cref="Several"/>.</summary>
    public int AwaiterOf(int box) => _awaiter[box];

    /// <summary>What stands behind the tasks of a <c>WhenAll</c> or its like that have not completed.</summary>
    public Awaited[] Members(in Awaited promise)
    {
        if (promise.Kind is not (AsyncWaitKind.WhenAll or AsyncWaitKind.WhenAny) || promise.Box >= 0)
            return [];
        if (!_members.TryGetValue(promise.Object, out Awaited[]? members))
            _members[promise.Object] = members = [.. _awaitedObjects.Promises.Of(promise.Object).Unfinished.Take(AsyncLimits.Unfinished).Select(a => _awaitedObjects.At(a))];
        return members;
    }

    /// <summary>How many tasks of a <c>WhenAll</c> or its like have not completed, and how many there are; null where that is not known.</summary>
    public (int? Pending, int? Total) Count(in Awaited promise)
    {
        (_, int? pending, int? total) = _awaitedObjects.Promises.Of(promise.Object);
        return (pending, total);
    }

    private void Link(in Awaited to, int from, int depth)
    {
        if (to.Box >= 0)
        {
            _awaiter[to.Box] = _awaiter[to.Box] is None ? from : Several;
            return;
        }
        if (depth == 0)
            return;
        foreach (Awaited member in Members(to))
            Link(member, from, depth - 1);
    }
}
