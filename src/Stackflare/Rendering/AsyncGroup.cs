namespace Stackflare.Rendering;

/// <summary>Async stacks that are shown as one: at least one, all of them alike.</summary>
internal sealed class AsyncGroup
{
    private readonly List<AsyncStack> _stacks = new(1);

    /// <summary>Any of them: what is shown of a stack is the same in all, but for objects and times.</summary>
    public AsyncStack First => _stacks[0];

    public int Count => _stacks.Count;

    public AsyncWait Wait => First.WaitingFor;

    public void Add(AsyncStack stack) => _stacks.Add(stack);

    /// <summary>The distinct objects that are waited for, in the order of the stacks; those that are not known left out.</summary>
    /// <param name="most">Of how many to tell.</param>
    public List<ObjectAddress> Objects(int most = int.MaxValue)
    {
        var objects = new List<ObjectAddress>();
        var seen = new HashSet<ObjectAddress>();
        foreach (AsyncStack stack in _stacks)
        {
            if (objects.Count == most)
                break;
            if (stack.WaitingFor.Object is { } address && seen.Add(address))
                objects.Add(address);
        }
        return objects;
    }

    /// <summary>Of how many of them the object is known.</summary>
    public int WithObject() => _stacks.Count(static s => s.WaitingFor.Object is not null);

    /// <summary>When the waits end by themselves.</summary>
    public AsyncDue Due()
    {
        AsyncDue due = default;
        foreach (AsyncStack stack in _stacks)
        {
            if (stack.WaitingFor.DueIn is { } time)
                due = due.With(time);
        }
        return due;
    }

    /// <summary>What stands behind the tasks that have not completed, of all the stacks together.</summary>
    /// <param name="depth">How deep this group is within others.</param>
    public List<AsyncGroup> Unfinished(int depth)
    {
        if (depth >= AsyncGroups.Deepest || Wait.Unfinished.Count == 0)
            return [];
        return AsyncGroups.Of(Count == 1 ? Wait.Unfinished : [.. _stacks.SelectMany(static s => s.WaitingFor.Unfinished)], alike: true);
    }

    /// <summary>How many tasks that have not completed are not among <see cref="Unfinished"/>.</summary>
    public long NotFollowed(List<AsyncGroup> unfinished)
    {
        long tasks = (long)Count * (Wait.Pending ?? 0);
        return Math.Max(0, tasks - unfinished.Sum(static g => (long)g.Count));
    }
}
