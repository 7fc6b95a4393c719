using Stackflare.Snapshots;

namespace Stackflare.Building.Async;

/// <summary>
/// The async methods that run the bodies of a <c>Parallel.ForEachAsync</c> or <c>Parallel.ForAsync</c>. They do not continue with the loop's task: each refers
/// to the loop's state, which completes the task when the last one ends.
/// </summary>
internal sealed class ParallelLoops(HeapObjects objects, AsyncBoxes boxes)
{
    private Dictionary<ulong, List<ulong>>? _workers;

    /// <summary>The addresses of the methods that run the bodies of the loop with a task; empty for other tasks.</summary>
    public IReadOnlyList<ulong> WorkersOf(ulong task) => (_workers ??= Read()).TryGetValue(task, out List<ulong>? workers) ? workers : [];

    private Dictionary<ulong, List<ulong>> Read()
    {
        var workers = new Dictionary<ulong, List<ulong>>();
        var states = new Dictionary<ulong, ulong>();
        for (int i = 0; i < objects.Count; i++)
        {
            if (objects.Is(i, HeapObjectTraits.Detail) && objects.IsA(i, "System.Threading.Tasks.Parallel.ForEachAsyncState`1") && objects.Word(i, "_task") is { } task and not 0)
                states[objects[i].Address] = task;
        }
        for (int box = 0; box < boxes.All.Count && states.Count > 0; box++)
        {
            if (StateOf(boxes.VariablesOf(box), states) is not { } loop)
                continue;
            if (!workers.TryGetValue(loop, out List<ulong>? list))
                workers[loop] = list = [];
            list.Add(objects[boxes.All[box].Object].Address);
        }
        return workers;
    }

    private static ulong? StateOf(ReadOnlyMemory<byte> variables, Dictionary<ulong, ulong> states)
    {
        foreach (ulong word in System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(variables.Span))
        {
            if (states.TryGetValue(word, out ulong task))
                return task;
        }
        return null;
    }
}
