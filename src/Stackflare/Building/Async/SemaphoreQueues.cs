using Stackflare.Snapshots;

namespace Stackflare.Building.Async;

/// <summary>Whose queue a task of <see cref="SemaphoreSlim.WaitAsync()"/> is in. The tasks are the queue: each has the next.</summary>
internal sealed class SemaphoreQueues(HeapObjects objects)
{
    private Dictionary<int, int>? _semaphores;

    /// <summary>The index of the semaphore; negative when it is not known.</summary>
    public int Of(int task) => (_semaphores ??= Read()).TryGetValue(task, out int semaphore) ? semaphore : -1;

    private Dictionary<int, int> Read()
    {
        var semaphores = new Dictionary<int, int>();
        for (int i = 0; i < objects.Count; i++)
        {
            if (!objects.Is(i, HeapObjectTraits.Semaphore))
                continue;
            Follow(objects.Reference(i, "m_asyncHead"), "Next", i);
            // Where one in the middle was not copied, the rest is reached from the other end.
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
