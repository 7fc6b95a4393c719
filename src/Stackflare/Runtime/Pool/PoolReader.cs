using Stackflare.Runtime.Types;
using Stackflare.Snapshots;

namespace Stackflare.Runtime.Pool;

/// <summary>The thread pool: the number of its workers, and of the work items that wait for them. Each object must have the expected type.</summary>
internal sealed class PoolReader
{
    private const int MaxNodes = 1 << 16;

    private readonly ProcessMemory _memory;
    private readonly TypeReader _types;
    private readonly PoolLayouts _layout;
    private readonly QueueCounter? _queues;
    private bool _lacksMemory;

    private PoolReader(ProcessMemory memory, NamedTypes core, RuntimeLayout layout, TypeReader types, PoolLayouts pool)
    {
        (_memory, _types, _layout) = (memory, types, pool);
        _queues = layout.Locks.Arrays is { } arrays ? new QueueCounter(memory, core, layout, arrays, types, pool) : null;
    }

    /// <summary>Reads the pool. The types of its work items are added to the snapshot.</summary>
    /// <param name="memory">The process's memory.</param>
    /// <param name="layout">The table of the runtime's layout.</param>
    /// <param name="core">CoreLib's types; null if they are not known.</param>
    /// <param name="types">Describes types.</param>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="isMissing">Whether there is a pool, or may be one, that could not be read, or not all of it.</param>
    /// <returns>The pool; null if the program has not used it, or if it could not be read.</returns>
    public static ThreadPoolState? Read(ProcessMemory memory, RuntimeLayout layout, NamedTypes? core, TypeReader types, SnapshotBuilder snapshot, out bool isMissing)
    {
        var pool = new PoolLayouts(core);
        isMissing = !pool.IsComplete;
        if (core is null || pool.Pool is not { } fields || fields.Instance == 0)
            return null;
        isMissing = true;
        if (!memory.TryRead(fields.Instance, out ulong instance) || (instance != 0 && types.TypeOf(instance) != fields.Type))
            return null;
        isMissing = !pool.IsComplete;
        if (instance == 0)
            return null;
        var reader = new PoolReader(memory, core, layout, types, pool);
        ThreadPoolState state = reader.Read(instance, fields, snapshot);
        isMissing |= reader._lacksMemory;
        return state == new ThreadPoolState(null, null, null, null, null, null) ? null : state;
    }

    private ThreadPoolState Read(ulong pool, PoolFields fields, SnapshotBuilder snapshot)
    {
        (int Workers, int Working)? counts = Try<(int, int)>(() => CountsOf(pool));
        (int Min, int Max)? limits = Try<(int, int)>(() => LimitsOf(pool));
        return new ThreadPoolState(counts?.Workers, counts?.Working, limits?.Min, limits?.Max, Try(() => _queues?.Count(snapshot)), Try(() => Completed(_memory.Pointer(pool + fields.Counter))));
    }

    private (int Workers, int Working)? CountsOf(ulong pool)
    {
        if (_layout.Counts is not { } fields)
            return null;
        ulong counts = _memory.Read<ulong>(pool + fields.Counts);
        short working = (short)counts, workers = (short)(counts >> 16);
        return working >= 0 && working <= workers ? (workers, working) : null;
    }

    private (int Min, int Max)? LimitsOf(ulong pool)
    {
        if (_layout.Limits is not { } fields)
            return null;
        short min = _memory.Read<short>(pool + fields.Min), max = _memory.Read<short>(pool + fields.Max);
        return min > 0 && min <= max ? (min, max) : null;
    }

    private long? Completed(ulong counter)
    {
        // A thread that changes the ring holds its lock.
        if (_layout is not { Counter: { } fields, Node: { } nodes, Lock: { } lowLevel } || _types.TypeOf(counter) != fields.Type
            || _memory.Pointer(counter + fields.Lock) is var guard && (_types.TypeOf(guard) != lowLevel.Type || _memory.Read<int>(guard + lowLevel.State) != 0))
        {
            return null;
        }
        long sum = _memory.Read<long>(counter + fields.Overflow);
        ulong first = _memory.Pointer(counter + fields.Nodes), node = first, before = 0;
        for (int i = 0; i < MaxNodes && sum >= 0; i++)
        {
            if (_types.TypeOf(node) != nodes.Type || (i > 0 && _memory.Pointer(node + nodes.Before) != before))
                return null;
            sum += node == first ? 0 : _memory.Read<uint>(node + nodes.Count);
            before = node;
            node = _memory.Pointer(node + nodes.Next);
            if (node == first)
                return sum;
        }
        return null;
    }

    private T? Try<T>(Func<T?> read)
        where T : struct
    {
        try
        {
            return read();
        }
        catch (MissingMemoryException)
        {
            _lacksMemory = true;
            return null;
        }
    }
}
