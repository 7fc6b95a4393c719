namespace Stackflare.Runtime.Locks;

/// <summary>The threads that have entered a reader-writer lock for reading, and those that run a task for which another thread may wait.</summary>
internal sealed class Holders(LockContext context, WaitedObjects objects)
{
    /// <summary>Of a thread's list of locks that it has entered.</summary>
    private const int MaxEntries = 4096;

    public void Find()
    {
        if (context.Core is { ReaderWriter: { } layout, ReaderCounts: { } counts })
        {
            Dictionary<ulong, int?> locks = LocksById(layout);
            for (int i = 0; i < context.Threads.Count && locks.Count > 0; i++)
            {
                int thread = i;
                context.Try(() => FindReads(thread, layout, counts, locks));
            }
        }
        bool isTaskWanted = objects.All.Any(static o => o.Kind == WaitedKind.Task);
        for (int i = 0; i < context.Threads.Count && isTaskWanted; i++)
        {
            int thread = i;
            context.Try(() => FindRunning(thread));
        }
    }

    /// <summary>The locks that have readers, by their ids. A lock has only the number of its readers. An id that two locks have identifies none.</summary>
    private Dictionary<ulong, int?> LocksById(ReaderWriterFields layout)
    {
        var locks = new Dictionary<ulong, int?>();
        for (int i = 0; i < objects.All.Count; i++)
        {
            if (objects.All[i] is not { Kind: WaitedKind.ReaderWriterLockSlim, Count: > 0 } known)
                continue;
            if (!context.Memory.TryRead(known.Address + layout.Id, out ulong id))
            {
                context.LacksMemory = true;
            }
            else if (!locks.TryAdd(id, i))
            {
                locks[id] = null;
                context.LacksMemory = true;
            }
        }
        return locks;
    }

    /// <summary>Each thread counts how often it has entered which lock, in its own list.</summary>
    private void FindReads(int thread, ReaderWriterFields layout, ReaderCountFields counts, Dictionary<ulong, int?> locks)
    {
        if (Value(thread, layout.Entered) is not (var entry and not 0))
            return;
        for (int i = 0; entry != 0; i++)
        {
            if (i == MaxEntries)
            {
                context.IsTruncated = true;
                return;
            }
            if (context.Types.TypeOf(entry) != counts.Type)
                throw new MissingMemoryException(entry);
            if (context.Memory.Read<int>(entry + counts.Reads) != 0 && locks.GetValueOrDefault(context.Memory.Pointer(entry + counts.Lock)) is { } index)
                objects.Add(thread, index, holdsRead: true);
            ulong next = context.Memory.Pointer(entry + counts.Next);
            if (next == entry)
                throw new MissingMemoryException(entry);
            entry = next;
        }
    }

    private void FindRunning(int thread)
    {
        if (context.Core.Task is not { } layout || Value(thread, layout.Running) is not (var task and not 0)
            || objects.IndexOf(task) is not { } index || objects.All[index].Kind != WaitedKind.Task)
        {
            return;
        }
        objects.Add(thread, index, runs: true);
        // A WhenAll or a WaitAll, if a thread waits for it.
        if (objects.Find(context.Memory.Pointer(task + layout.Continuation)) is { } next && next != index)
            objects.Add(thread, next, runs: true);
    }

    private ulong Value(int thread, Types.ThreadVariable variable) =>
        context.Variables.AddressOf(context.Threads[thread].Address, variable) is var at and not 0 ? context.Memory.Pointer(at) : 0;
}
