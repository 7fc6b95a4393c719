using Stackflare.Runtime.Types;

namespace Stackflare.Runtime;

// The part of the table for the thread pool, from CoreLib's metadata: see CoreLayouts.

/// <summary>The thread pool, which is managed code with its numbers in its own objects.</summary>
internal sealed class PoolLayouts
{
    public PoolLayouts(NamedTypes? core)
    {
        var reader = new CoreReader(core);
        Pool = reader.Group("System.Threading.PortableThreadPool", static r => new PoolFields(r));
        Limits = reader.Group("System.Threading.PortableThreadPool", static r => new PoolLimitFields(r));
        Counts = reader.Group("System.Threading.PortableThreadPool", static r => new PoolCountFields(r));
        Counter = reader.Group("System.Threading.ThreadInt64PersistentCounter", static r => new CounterFields(r));
        Node = reader.Group("System.Threading.ThreadInt64PersistentCounter+ThreadLocalNode", static r => new CounterNodeFields(r));
        Lock = reader.Group("System.Threading.LowLevelLock", static r => new LowLevelLockFields(r));
        Work = reader.Group("System.Threading.ThreadPool", static r => new WorkFields(r));
        WorkQueue = reader.Group("System.Threading.ThreadPoolWorkQueue", static r => new WorkQueueFields(r));
        LocalQueues = reader.Group("System.Threading.ThreadPoolWorkQueue+WorkStealingQueueList", static r => new LocalQueuesFields(r));
        LocalQueue = reader.Group("System.Threading.ThreadPoolWorkQueue+WorkStealingQueue", static r => new LocalQueueFields(r));
        IsComplete = reader.IsComplete;
    }

    public PoolFields? Pool { get; }

    public PoolLimitFields? Limits { get; }

    public PoolCountFields? Counts { get; }

    public CounterFields? Counter { get; }

    public CounterNodeFields? Node { get; }

    public LowLevelLockFields? Lock { get; }

    public WorkFields? Work { get; }

    public WorkQueueFields? WorkQueue { get; }

    public LocalQueuesFields? LocalQueues { get; }

    public LocalQueueFields? LocalQueue { get; }

    /// <summary>Whether all names exist.</summary>
    public bool IsComplete { get; }
}

internal sealed class PoolFields(FieldNames r)
{
    public ulong Type { get; } = r.Type;

    /// <summary>The address of the variable with the one pool.</summary>
    public ulong Instance { get; } = r.Static("ThreadPoolInstance");

    public uint Counter { get; } = r.Offset("_completionCounter");
}

internal sealed class PoolLimitFields(FieldNames r)
{
    public uint Min { get; } = r.Offset("_minThreads");

    public uint Max { get; } = r.Offset("_maxThreads");
}

/// <summary>Working workers and workers, 16 bits each, from the lowest; .NET 9 to 11.</summary>
internal sealed class PoolCountFields(FieldNames r)
{
    public uint Counts { get; } = r.Offset("_separated.counts._data");
}

/// <summary>How many work items were completed: each worker has its own count, in a ring that begins and ends at an unused one.</summary>
internal sealed class CounterFields(FieldNames r)
{
    public ulong Type { get; } = r.Type;

    public uint Lock { get; } = r.Offset("_lock");

    /// <summary>The sum of the counts of workers that have ended.</summary>
    public uint Overflow { get; } = r.Offset("_overflowCount");

    public uint Nodes { get; } = r.Offset("_nodes");
}

internal sealed class CounterNodeFields(FieldNames r)
{
    public ulong Type { get; } = r.Type;

    public uint Count { get; } = r.Offset("_count");

    public uint Next { get; } = r.Offset("_next");

    public uint Before { get; } = r.Offset("_prev");
}

internal sealed class LowLevelLockFields(FieldNames r)
{
    public ulong Type { get; } = r.Type;

    public uint State { get; } = r.Offset("_state");
}

internal sealed class WorkFields(FieldNames r)
{
    /// <summary>The address of the variable with the queues.</summary>
    public ulong Queue { get; } = r.Static("s_workQueue");
}

internal sealed class WorkQueueFields(FieldNames r)
{
    public ulong Type { get; } = r.Type;

    /// <summary>The queues that all workers share.</summary>
    public uint[] Shared { get; } = [r.Offset("workItems"), r.Offset("highPriorityWorkItems"), r.Offset("lowPriorityWorkItems")];

    /// <summary>More of them.</summary>
    public uint More { get; } = r.Offset("_assignableWorkItemQueues");
}

internal sealed class LocalQueuesFields(FieldNames r)
{
    /// <summary>The address of the variable with the array of the workers' own queues.</summary>
    public ulong Queues { get; } = r.Static("s_queues");
}

internal sealed class LocalQueueFields(FieldNames r)
{
    public ulong Type { get; } = r.Type;

    public uint Head { get; } = r.Offset("m_headIndex");

    public uint Tail { get; } = r.Offset("m_tailIndex");

    public uint Items { get; } = r.Offset("m_array");
}

/// <summary>A queue, for the instance of the generic type that an object has.</summary>
internal sealed class SharedQueueFields(FieldNames r)
{
    public ulong Type { get; } = r.Type;

    public uint Head { get; } = r.Offset("_head");
}

/// <summary>A ring of slots. Head and tail only increase. The tail goes on by two rounds when nothing more may be added; .NET 9 to 11.</summary>
internal sealed class SegmentFields(FieldNames r)
{
    public ulong Type { get; } = r.Type;

    public uint Next { get; } = r.Offset("_nextSegment");

    public uint Mask { get; } = r.Offset("_slotsMask");

    public uint Head { get; } = r.Offset("_headAndTail.Head");

    public uint Tail { get; } = r.Offset("_headAndTail.Tail");

    public uint Slots { get; } = r.Offset("_slots");
}
