using Stackflare.Snapshots;

namespace Stackflare.Building.Async;

/// <summary>
/// Tasks that wait for others on behalf of a method: <c>Task.WhenAll</c> and similar. Some have references to the tasks that they wait for. For the
/// others, only the awaited tasks have a reference: the promise is their continuation.
/// </summary>
internal sealed class Promises(HeapObjects objects)
{
    private Dictionary<ulong, List<int>>? _continuationSources;
    private int _elements, _members;

    /// <summary>Whether a limit was reached.</summary>
    public bool IsTruncated => _elements >= AsyncLimits.Elements || _members >= AsyncLimits.Members;

    /// <summary>
    /// The incomplete tasks that continue with an object: a promise, or an object that was not copied. None for an async method.
    /// </summary>
    public IReadOnlyList<int> ContinuationSources(ulong address)
    {
        _continuationSources ??= Read();
        return _continuationSources.TryGetValue(address, out List<int>? tasks) ? tasks : [];
    }

    /// <summary>The addresses of the incomplete tasks that a promise waits for, their number, and the number of all tasks if known.</summary>
    public (List<ulong> Unfinished, int? Pending, int? Total) TasksOf(int index)
    {
        var unfinished = new List<ulong>();
        int? pending = objects.Number(index, "_remainingToComplete") ?? objects.Number(index, "m_count") ?? objects.Number(index, "_count"), total = null;
        if (objects.Word(index, "_task1") is { } one and not 0 && objects.Word(index, "_task2") is { } two and not 0)
        {
            total = 2;
            Add(one);
            Add(two);
        }
        else if (Tasks(index) is >= 0 and var array)
        {
            total = objects.Length(array);
            foreach (ulong task in objects.Elements(array))
            {
                if (_elements >= AsyncLimits.Elements || unfinished.Count >= AsyncLimits.Unfinished)
                    break;
                _elements++;
                Add(task);
            }
        }
        else
        {
            foreach (int task in ContinuationSources(objects[index].Address))
                Add(objects[task].Address);
        }
        // An impossible count means "not known".
        if (pending is null or < 0 || pending > total)
            pending = total is null ? null : unfinished.Count;
        return (unfinished, pending, total);

        void Add(ulong address)
        {
            int task = objects.Find(address);
            if (address != 0 && unfinished.Count < AsyncLimits.Unfinished && _members < AsyncLimits.Members && (task < 0 || !objects.Is(task, HeapObjectTraits.Completed)))
            {
                unfinished.Add(address);
                _members++;
            }
        }
    }

    private int Tasks(int index)
    {
        int tasks = objects.Reference(index, "m_tasks");
        if (tasks < 0)
            tasks = objects.Reference(index, "_tasks");
        return tasks >= 0 && objects.Is(tasks, HeapObjectTraits.Array) ? tasks : -1;
    }

    private Dictionary<ulong, List<int>> Read()
    {
        var handOn = new Dictionary<ulong, List<int>>();
        for (int i = 0; i < objects.Count; i++)
        {
            if (!objects.Is(i, HeapObjectTraits.Task) || objects.Is(i, HeapObjectTraits.Completed) || objects.Word(i, "m_continuationObject") is not ({ } to and not 0))
                continue;
            int promise = objects.Find(to);
            if (promise >= 0 && (!objects.Is(promise, HeapObjectTraits.Task) || objects.Is(promise, HeapObjectTraits.Method | HeapObjectTraits.Suspended)))
                continue;
            if (!handOn.TryGetValue(to, out List<int>? tasks))
                handOn[to] = tasks = [];
            tasks.Add(i);
        }
        return handOn;
    }
}
