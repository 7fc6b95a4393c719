using Stackflare.Runtime.Types;
using Stackflare.Snapshots;

namespace Stackflare.Runtime.Pool;

/// <summary>Counts the work items in the queues of the pool, and their types.</summary>
internal sealed class QueueCounter(ProcessMemory memory, NamedTypes core, RuntimeLayout runtime, ArrayLayout arrays, TypeReader types, PoolLayouts layout)
{
    private const int MaxSegments = 1 << 17, MaxQueues = 1 << 14, MaxItems = 2048, MaxTypes = 64;

    /// <summary>A slot has a work item and a number or two.</summary>
    private const uint MaxSlotBytes = 64;

    private readonly Dictionary<ulong, int> _seen = [];
    private SharedQueueFields? _queue;
    private SegmentFields? _segment;
    private long _count;
    private int _items, _segments;

    /// <summary>The number of work items; null if it is not known. Their types are added to the snapshot.</summary>
    /// <exception cref="MissingMemoryException">A queue is missing.</exception>
    public long? Count(SnapshotBuilder snapshot)
    {
        if (layout is not { Work: { Queue: not 0 } work, WorkQueue: { } fields } || memory.Pointer(work.Queue) is not (var queues and not 0))
            return null;
        if (types.TypeOf(queues) != fields.Type)
            throw new MissingMemoryException(queues);
        foreach (uint shared in fields.Shared)
            CountShared(memory.Pointer(queues + shared));
        if (memory.Pointer(queues + fields.More) is var more and not 0)
        {
            foreach (ulong queue in ArrayAt(more))
                CountShared(queue);
        }
        // A worker that has not queued anything has no queue of its own, and if none has, the class is not used.
        if (layout is { LocalQueues: { Queues: not 0 } local, LocalQueue: { } ofWorker } && memory.Pointer(local.Queues) is var list and not 0)
        {
            foreach (ulong queue in ArrayAt(list))
                CountLocal(queue, ofWorker);
        }
        foreach ((ulong type, int count) in _seen)
        {
            if (types.IndexOf(type) is { } index)
                snapshot.Add(new SnapshotQueued(index, count));
        }
        return _count;
    }

    private IEnumerable<ulong> ArrayAt(ulong array)
    {
        uint length = memory.Read<uint>(array + arrays.Length);
        if (length > MaxQueues)
            throw new MissingMemoryException(array);
        for (uint i = 0; i < length; i++)
            yield return memory.Pointer(array + arrays.Items + (i * sizeof(ulong)));
    }

    /// <summary>The first queue shows which instance of the generic type the pool uses.</summary>
    private void CountShared(ulong queue)
    {
        if (queue == 0)
            return;
        ulong type = types.TypeOf(queue);
        _queue ??= Instance(type, "ConcurrentQueue`1", static r => new SharedQueueFields(r));
        if (_queue is null || type != _queue.Type)
            throw new MissingMemoryException(queue);
        ulong segment = memory.Pointer(queue + _queue.Head);
        while (segment != 0)
        {
            ulong ofSegment = types.TypeOf(segment);
            _segment ??= Instance(ofSegment, "ConcurrentQueueSegment`1", static r => new SegmentFields(r));
            if (++_segments > MaxSegments || _segment is null || ofSegment != _segment.Type)
                throw new MissingMemoryException(segment);
            CountSegment(segment, _segment);
            segment = memory.Pointer(segment + _segment.Next);
        }
    }

    private void CountSegment(ulong segment, SegmentFields fields)
    {
        uint mask = memory.Read<uint>(segment + fields.Mask), head = memory.Read<uint>(segment + fields.Head), tail = memory.Read<uint>(segment + fields.Tail);
        if ((mask & (mask + 1)) != 0 || mask > 1u << 30)
            throw new MissingMemoryException(segment);
        if (head == tail || head == tail - (2 * (mask + 1)))
            return;
        uint from = head & mask, to = tail & mask, count = from < to ? to - from : mask + 1 - from + to;
        _count += count;
        See(memory.Pointer(segment + fields.Slots), from, count, mask);
    }

    /// <summary>Others steal from it: during that, head and tail can briefly pass each other.</summary>
    private void CountLocal(ulong queue, LocalQueueFields fields)
    {
        if (types.TypeOf(queue) != fields.Type)
            throw new MissingMemoryException(queue);
        int head = memory.Read<int>(queue + fields.Head), tail = memory.Read<int>(queue + fields.Tail);
        if (head >= tail)
            return;
        _count += (long)tail - head;
        See(memory.Pointer(queue + fields.Items), (uint)head, (uint)tail - (uint)head, uint.MaxValue);
    }

    /// <summary>Counts the types of work items in an array that is a ring. An item is the first word of its slot.</summary>
    private void See(ulong array, uint from, uint count, uint mask)
    {
        if (array == 0 || runtime.Types is not { } table || types.TypeOf(array) is not (var ofArray and not 0))
            return;
        uint length = memory.Read<uint>(array + arrays.Length), flags = memory.Read<uint>(ofArray + table.Flags), bytes = flags & ArrayLayout.ElementBytes;
        if ((flags & TypeLayout.HasLength) == 0 || bytes is < sizeof(ulong) or > MaxSlotBytes || length == 0 || (length & (length - 1)) != 0)
            return;
        for (uint i = 0; i < count && _items < MaxItems; i++, _items++)
        {
            ulong slot = array + arrays.Items + ((ulong)((from + i) & mask & (length - 1)) * bytes);
            if (!memory.TryRead(slot, out ulong item) || item == 0 || types.TypeOf(item) is not (var type and not 0))
                continue;
            if (_seen.TryGetValue(type, out int seen) || _seen.Count < MaxTypes)
                _seen[type] = seen + 1;
        }
    }

    private T? Instance<T>(ulong type, string name, Func<FieldNames, T> read)
        where T : class =>
        core.Is(type, "System.Collections.Concurrent", name) && core.Of(type) is { } instance ? new CoreReader(core).Group(instance, read) : null;
}
