using Stackflare.Snapshots;

namespace Stackflare.Building.Async;

/// <summary>Finds the semaphore of a task of <see cref="SemaphoreSlim.WaitAsync()"/>. The tasks are a linked list.</summary>
internal sealed class SemaphoreQueues(HeapObjects objects)
{
    private Dictionary<int, int>? _semaphores;

    /// <summary>The index of the semaphore; negative if not known.</summary>
    public int SemaphoreOf(int task) => (_semaphores ??= Read()).TryGetValue(task, out int semaphore) ? semaphore : -1;

    private Dictionary<int, int> Read()
    {
        var semaphores = new Dictionary<int, int>();
        for (int i = 0; i < objects.Count; i++)
        {
            if (!objects.Is(i, HeapObjectTraits.Semaphore))
                continue;
            Follow(objects.Reference(i, "m_asyncHead"), "Next", i);
            // If a task in the middle was not copied, the rest is reachable from the other end.
            Follow(objects.Reference(i, "m_asyncTail"), "Prev", i);
        }
        return semaphores;

        void Follow(int task, string link, int semaphore)
        {
            while (task >= 0 && semaphores.TryAdd(task, semaphore))
                task = objects.Reference(task, link);
        }
    }
}
