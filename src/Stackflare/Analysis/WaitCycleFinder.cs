namespace Stackflare.Analysis;

/// <summary>Finds threads that wait for each other in a cycle.</summary>
/// <remarks>
/// Most threads wait for one other thread, so that following the only edge finds a cycle. A writer waits for all
/// readers, and then there can be more cycles than threads. Of the cycles through the same threads, only a shortest one is returned for each.
/// </remarks>
internal sealed class WaitCycleFinder
{
    private readonly IReadOnlyList<DumpThread> _threads;
    private readonly Dictionary<DumpThread, int> _index = [];

    public WaitCycleFinder(IReadOnlyList<DumpThread> threads)
    {
        _threads = threads;
        for (int i = 0; i < threads.Count; i++)
            _index[threads[i]] = i;
    }

    /// <param name="withTimeLimits">Whether waits that end by themselves count.</param>
    public IReadOnlyList<Deadlock> Find(bool withTimeLimits)
    {
        int[][] edges = [.. _threads.Select(t => Edges(t, withTimeLimits))];
        if (!Array.Exists(edges, static e => e.Length > 0))
            return [];
        int[] component = Components(edges);
        var found = new List<Deadlock>();
        var covered = new bool[edges.Length];
        for (int i = 0; i < edges.Length; i++)
        {
            if (!covered[i] && Shortest(edges, component, i) is { } cycle)
            {
                foreach (int thread in cycle)
                    covered[thread] = true;
                found.Add(Deadlock(edges, cycle));
            }
        }
        return found;
    }

    private int[] Edges(DumpThread thread, bool withTimeLimits) => thread.WaitingFor is { } wait && (withTimeLimits || !wait.MayEnd)
        ? [.. from other in wait.WaitsFor where _index.ContainsKey(other) select _index[other]]
        : [];

    private Deadlock Deadlock(int[][] edges, List<int> cycle)
    {
        var steps = new DeadlockStep[cycle.Count];
        for (int i = 0; i < steps.Length; i++)
        {
            DumpThread thread = _threads[cycle[i]];
            steps[i] = new DeadlockStep(thread, thread.WaitingFor!, _threads[cycle[(i + 1) % steps.Length]]);
        }
        return new Deadlock(steps, Behind(edges, cycle));
    }

    /// <summary>The threads that wait for the cycle, directly or indirectly, without being in it.</summary>
    private List<DumpThread> Behind(int[][] edges, List<int> cycle)
    {
        var waiters = new List<int>?[edges.Length];
        for (int i = 0; i < edges.Length; i++)
        {
            foreach (int to in edges[i])
                (waiters[to] ??= []).Add(i);
        }
        var reached = new bool[edges.Length];
        var open = new Stack<int>(cycle);
        foreach (int thread in cycle)
            reached[thread] = true;
        while (open.TryPop(out int at))
        {
            foreach (int waiter in waiters[at] ?? [])
            {
                if (!reached[waiter])
                {
                    reached[waiter] = true;
                    open.Push(waiter);
                }
            }
        }
        foreach (int thread in cycle)
            reached[thread] = false;
        return [.. _threads.Where((_, i) => reached[i])];
    }

    /// <summary>A shortest cycle that begins with this thread; null if there is none. Breadth first, within its component.</summary>
    private static List<int>? Shortest(int[][] edges, int[] component, int start)
    {
        var from = new Dictionary<int, int>();
        var open = new Queue<int>([start]);
        while (open.TryDequeue(out int at))
        {
            foreach (int to in edges[at])
            {
                if (to == start)
                    return Path(from, start, at);
                if (component[to] == component[start] && from.TryAdd(to, at))
                    open.Enqueue(to);
            }
        }
        return null;
    }

    private static List<int> Path(Dictionary<int, int> from, int start, int end)
    {
        var path = new List<int>();
        for (int at = end; at != start; at = from[at])
            path.Add(at);
        path.Add(start);
        path.Reverse();
        return path;
    }

    /// <summary>
    /// The strongly connected component of each thread (Tarjan's algorithm). Not recursive: a chain can be as long as the number of
    /// threads, and a process with problems may have little stack space.
    /// </summary>
    private static int[] Components(int[][] edges)
    {
        int count = edges.Length, order = 0, components = 0;
        var component = new int[count];
        var number = new int[count];
        var low = new int[count];
        var next = new int[count];
        var isOpen = new bool[count];
        var open = new Stack<int>();
        var path = new Stack<int>();
        for (int root = 0; root < count; root++)
        {
            if (number[root] == 0)
                Enter(root);
            while (path.TryPeek(out int at))
            {
                if (next[at] < edges[at].Length)
                {
                    int to = edges[at][next[at]++];
                    if (number[to] == 0)
                        Enter(to);
                    else if (isOpen[to])
                        low[at] = Math.Min(low[at], number[to]);
                    continue;
                }
                path.Pop();
                if (path.TryPeek(out int parent))
                    low[parent] = Math.Min(low[parent], low[at]);
                if (low[at] == number[at])
                    Close(at);
            }
        }
        return component;

        void Enter(int thread)
        {
            number[thread] = low[thread] = ++order;
            isOpen[thread] = true;
            open.Push(thread);
            path.Push(thread);
        }

        void Close(int thread)
        {
            int member;
            do
            {
                member = open.Pop();
                isOpen[member] = false;
                component[member] = components;
            }
            while (member != thread);
            components++;
        }
    }
}
