namespace Stackflare.Analysis;

/// <summary>One or more async stacks that <see cref="SameAsyncStack"/> considers equal; after <see cref="Join"/>, that <see cref="SamePrintedStack"/> does.</summary>
internal sealed class AsyncStackGroup
{
    /// <summary>Upper bound of all counts, because shared tasks multiply them.</summary>
    private const long MaxCount = 1_000_000_000_000;

    private readonly List<(AsyncStack Stack, long Times)> _stacks = new(1);

    /// <summary>One stack of the group. The others differ only in objects and times; in a joined group, also in what is not printed of a single stack.</summary>
    public AsyncStack First => _stacks[0].Stack;

    public AsyncWait Wait => First.WaitingFor;

    /// <summary>How many stacks the group has.</summary>
    public long Count { get; private set; }

    /// <summary>The stacks, each with the number of times that it counts.</summary>
    public IReadOnlyList<(AsyncStack Stack, long Times)> Stacks => _stacks;

    /// <summary>How many incomplete tasks the stacks wait for.</summary>
    public long Open
    {
        get
        {
            long open = 0;
            foreach (var (stack, times) in _stacks)
                open = Sum(open, Product(times, Math.Max(0, stack.WaitingFor.Pending ?? 0)));
            return open;
        }
    }

    /// <summary>The threads that run the methods.</summary>
    public IReadOnlyList<DumpThread> Threads => [.. _stacks.Select(static s => s.Stack.WaitingFor.Thread).OfType<DumpThread>().Distinct()];

    /// <summary>
    /// Groups equal stacks: the largest group first, groups of framework code last; groups of equal size keep the order of the stacks.
    /// </summary>
    /// <param name="stacks">The stacks.</param>
    /// <param name="alike">Whether equal stacks form one group; otherwise each stack is a group.</param>
    public static List<AsyncStackGroup> Group(IEnumerable<AsyncStack> stacks, bool alike = true) => Group(stacks.Select(static s => (s, 1L)), alike);

    /// <summary>Like the other overload, for stacks that count more than once.</summary>
    public static List<AsyncStackGroup> Group(IEnumerable<(AsyncStack Stack, long Times)> stacks, bool alike = true)
    {
        var groups = new List<AsyncStackGroup>();
        var known = new Dictionary<AsyncStack, AsyncStackGroup>(SameAsyncStack.Comparer);
        AsyncStackGroup? group = null;
        foreach (var (stack, times) in stacks)
        {
            // Equal stacks are adjacent in a dump, so most are found without a hash.
            bool isFound = alike && ((group is not null && SameAsyncStack.Comparer.Equals(group.First, stack)) || known.TryGetValue(stack, out group));
            if (!isFound)
            {
                group = new AsyncStackGroup();
                groups.Add(group);
                if (alike)
                    known.Add(stack, group);
            }
            group!.Add(stack, times);
        }
        return InOrder(groups);
    }

    /// <summary>Joins groups that look the same in print (<see cref="SamePrintedStack"/>). The groups may change.</summary>
    public static List<AsyncStackGroup> Join(List<AsyncStackGroup> groups)
    {
        if (groups.Count < 2)
            return groups;
        var joined = new List<AsyncStackGroup>(groups.Count);
        var known = new Dictionary<AsyncStack, AsyncStackGroup>(SamePrintedStack.Comparer);
        foreach (AsyncStackGroup group in groups)
        {
            if (known.TryAdd(group.First, group))
                joined.Add(group);
            else
                known[group.First].Add(group);
        }
        return joined.Count == groups.Count ? groups : InOrder(joined);
    }

    /// <remarks>A task without a method is not framework code: it is what the program waits for.</remarks>
    private static List<AsyncStackGroup> InOrder(List<AsyncStackGroup> groups) =>
        groups.Count < 2 ? groups : [.. groups.OrderBy(static g => g.First is { IsOfPlatform: true, Frames.Count: > 0 }).ThenByDescending(static g => g.Count)];

    public static long Product(long one, long other) => (long)Int128.Min((Int128)one * other, MaxCount);

    public static long Sum(long one, long other) => Math.Min(one + other, MaxCount);

    private void Add(AsyncStackGroup other)
    {
        _stacks.AddRange(other._stacks);
        Count = Sum(Count, other.Count);
    }

    private void Add(AsyncStack stack, long times)
    {
        _stacks.Add((stack, times));
        Count = Sum(Count, times);
    }

    /// <summary>The distinct known objects that the stacks wait for, in the order of the stacks.</summary>
    /// <param name="most">Maximum count.</param>
    public List<ObjectAddress> Objects(int most = int.MaxValue)
    {
        var objects = new List<ObjectAddress>();
        var seen = new HashSet<ObjectAddress>();
        foreach (var (stack, _) in _stacks)
        {
            if (objects.Count == most)
                break;
            if (stack.WaitingFor.Object is { } address && seen.Add(address))
                objects.Add(address);
        }
        return objects;
    }

    /// <summary>The known other ends of the connections, each with the number of stacks that wait for it, the most frequent first.</summary>
    public List<(string End, long Count)> RemoteEnds()
    {
        var ends = new Dictionary<string, long>();
        foreach (var (stack, times) in _stacks)
        {
            if (stack.WaitingFor.RemoteEnd is { } end)
                ends[end] = Sum(ends.GetValueOrDefault(end), times);
        }
        return [.. ends.OrderByDescending(static e => e.Value).Select(static e => (e.Key, e.Value))];
    }

    /// <summary>The threads that are blocked until the stacks complete.</summary>
    public IReadOnlyList<DumpThread> BlockedThreads =>
        _stacks is [var only] ? only.Stack.BlockedThreads : [.. _stacks.SelectMany(static s => s.Stack.BlockedThreads).Distinct()];

    /// <summary>How many calls of the innermost method exist: fewer than stacks if several stacks wait for one call. 0 if not known.</summary>
    public int Calls()
    {
        if (First.Frames.Count == 0 || !_stacks.TrueForAll(static s => s.Stack.Innermost is not null))
            return 0;
        return _stacks.Count == 1 ? 1 : _stacks.Select(static s => s.Stack.Innermost).Distinct().Count();
    }

    /// <summary>Whether the object is known for all stacks.</summary>
    public bool HasObjects => _stacks.TrueForAll(static s => s.Stack.WaitingFor.Object is not null);

    /// <summary>A wait with the state of the channel for which all stacks wait; null if they do not wait for one channel, or if its state is not known.</summary>
    public AsyncWait? Channel => Wait.IsOfChannel && HasObjects && Objects(2).Count == 1 ? Wait : null;

    /// <summary>When the waits end by themselves.</summary>
    public DueTimes Due()
    {
        DueTimes due = default;
        foreach (var (stack, times) in _stacks)
        {
            if (stack.WaitingFor.DueIn is { } time)
                due = due.With(time, times);
        }
        return due;
    }
}
