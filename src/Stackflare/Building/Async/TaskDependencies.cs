using Stackflare.Snapshots;

namespace Stackflare.Building.Async;

/// <summary>
/// Finds what a task that a thread waits for needs: threads that run its work, and async methods. It follows async methods, tasks that wait for
/// others, and the tasks that continue with an object.
/// </summary>
/// <param name="graph">The async methods; null if the snapshot has no heap.</param>
/// <param name="runs">For each async method, the thread that runs it.</param>
/// <param name="contexts">For each async method that waits in a queue of a synchronization context, the context, if only one thread does its work.</param>
/// <param name="running">For each task without an async method, and each object with which such tasks continue, the threads that run them.</param>
internal sealed class TaskDependencies(
    AsyncGraph? graph, DumpThread?[] runs, IReadOnlyDictionary<int, CapturedContext> contexts, IReadOnlyDictionary<ulong, List<DumpThread>> running)
{
    private const int MaxThreads = 8;

    private int _steps;
    private CapturedContext? _context;

    /// <summary>The tasks that threads run, from the references of a snapshot.</summary>
    public static Dictionary<ulong, List<DumpThread>> RunningTasks(Snapshot snapshot, IReadOnlyList<DumpThread> threads)
    {
        var running = new Dictionary<ulong, List<DumpThread>>();
        foreach (SnapshotReference reference in snapshot.References)
        {
            if (!reference.Runs)
                continue;
            ulong address = snapshot.Objects[reference.Object].Address;
            if (!running.TryGetValue(address, out List<DumpThread>? known))
                running[address] = known = [];
            known.Add(threads[reference.Thread]);
        }
        return running;
    }

    /// <summary>
    /// The threads that must go on before a thread that waits for a task can, and the context that one of them must go on in. Empty if the wait needs only one of several tasks, or can be given up.
    /// </summary>
    public (IReadOnlyList<DumpThread> Threads, CapturedContext? Context) RunnersOf(DumpWait wait)
    {
        if (Waited(wait) is not { } task || wait.IsForAny || wait.ObjectType?.Contains("CancellationPromise", StringComparison.Ordinal) == true)
            return ([], null);
        var threads = new List<DumpThread>();
        (_steps, _context) = (0, null);
        AddRunners(task, threads, AsyncLimits.Depth);
        return (threads, _context);
    }

    /// <summary>The async methods that a thread waits for by a task, directly or through other tasks.</summary>
    public IReadOnlyCollection<int> MethodsBehind(DumpWait wait)
    {
        var boxes = new HashSet<int>();
        _steps = 0;
        if (graph is not null && Waited(wait) is { } task)
            AddMethods(task, boxes, AsyncLimits.Depth);
        return boxes;
    }

    private static ulong? Waited(DumpWait wait) => wait.Kind == WaitKind.Task ? (wait.Gate ?? wait.Object)?.Value : null;

    private void AddRunners(ulong task, List<DumpThread> threads, int depth)
    {
        if (depth == 0 || _steps++ > AsyncLimits.Between || threads.Count == MaxThreads)
            return;
        if (running.TryGetValue(task, out List<DumpThread>? known))
            known.ForEach(t => Add(threads, t));
        if (graph is null)
            return;
        if (graph.Objects.Find(task) >= 0)
            AddRunners(graph.At(task), threads, depth);
        else
            EachSource(task, source => AddRunners(source, threads, depth - 1));
    }

    private void AddRunners(Awaited awaited, List<DumpThread> threads, int depth)
    {
        var passed = new HashSet<int>();
        DumpThread? thread = null;
        CapturedContext? context = null;
        for (; awaited.Box >= 0 && passed.Add(awaited.Box) && _steps++ <= AsyncLimits.Between; awaited = graph!.Awaited(awaited.Box))
        {
            if (awaited.MayBeGivenUp || awaited.DueIn is not null)
                return;
            thread = runs[awaited.Box];
            context = contexts.GetValueOrDefault(awaited.Box);
        }
        if (awaited.Box >= 0 || awaited.MayBeGivenUp || awaited.DueIn is not null)
            return;
        if (awaited.Kind == AsyncWaitKind.Running && thread is not null)
        {
            Add(threads, thread);
        }
        else if (awaited.Kind == AsyncWaitKind.Ready && context is not null)
        {
            _context ??= context;
            Add(threads, context.Thread);
        }
        else if (awaited.Kind == AsyncWaitKind.WhenAll && depth > 0 && graph!.Promise(awaited) is { } promise)
        {
            foreach (Awaited member in promise.Members)
                AddRunners(member, threads, depth - 1);
        }
        else if (awaited is { Kind: AsyncWaitKind.Work, Object: >= 0 } && running.TryGetValue(graph!.Objects[awaited.Object].Address, out List<DumpThread>? workers))
        {
            workers.ForEach(t => Add(threads, t));
        }
    }

    private void AddMethods(ulong task, HashSet<int> boxes, int depth)
    {
        if (depth == 0 || _steps++ > AsyncLimits.Between || boxes.Count >= AsyncLimits.Unfinished)
            return;
        if (graph!.Objects.Find(task) >= 0)
            AddMethods(graph.At(task), boxes, depth);
        else
            EachSource(task, source => AddMethods(source, boxes, depth - 1));
    }

    private void AddMethods(Awaited awaited, HashSet<int> boxes, int depth)
    {
        if (awaited.Box >= 0)
        {
            boxes.Add(awaited.Box);
        }
        else if (depth > 0 && graph!.Promise(awaited) is { } promise)
        {
            foreach (Awaited member in promise.Members)
                AddMethods(member, boxes, depth - 1);
        }
    }

    /// <summary>What a <c>WhenAll</c>, an <c>Unwrap</c>, a <c>WaitAll</c> or a parallel loop waits for that was not copied itself.</summary>
    private void EachSource(ulong address, Action<ulong> action)
    {
        foreach (int task in graph!.ContinuationSources(address))
            action(graph.Objects[task].Address);
        foreach (ulong worker in graph.WorkersOf(address))
            action(worker);
    }

    private static void Add(List<DumpThread> threads, DumpThread thread)
    {
        if (!threads.Contains(thread))
            threads.Add(thread);
    }
}
