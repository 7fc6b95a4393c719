using Stackflare.Runtime.Types;

namespace Stackflare.Runtime.Heap;

/// <summary>Where the fields of CoreLib's classes are that the search needs, by their names.</summary>
internal sealed class TaskFields
{
    private readonly TypeFields _fields;
    private readonly Dictionary<ulong, uint?> _queues = [];

    private TaskFields(TypeFields fields, uint[] references)
    {
        _fields = fields;
        (Action, Object, Continuation) = (references[0], references[1], references[2]);
        Own = references;
    }

    /// <summary>For a program that has used no tasks, so that no object has these fields.</summary>
    public static TaskFields Unused(TypeFields fields) => new(fields, [0, 0, 0]);

    public uint Action { get; }

    public uint Object { get; }

    public uint Continuation { get; }

    public uint State { get; private init; }

    /// <summary>All references of a task itself: none leads to what it waits for.</summary>
    public uint[] Own { get; }

    /// <summary>Finds the fields; null if one is missing, or if the references of a task are not exactly its fields.</summary>
    public static TaskFields? Find(HeapTypes types, TypeFields fields)
    {
        string[] names = ["m_action", "m_stateObject", "m_continuationObject", "m_taskScheduler", "m_contingentProperties"];
        uint[] offsets = [.. names.Select(n => fields.OffsetOf(types.Task, n)).OfType<uint>()];
        return offsets.Length == names.Length && fields.OffsetOf(types.Task, "m_stateFlags") is { } state && types.Of(types.Task) is { } task
            && types.ReferencesOf(task, out _).SequenceEqual(offsets.Order())
                ? new TaskFields(fields, offsets) { State = state }
                : null;
    }

    /// <summary>Where a SemaphoreSlim has the first method that waits for it; null if it is not known.</summary>
    public uint? QueueOf(HeapType semaphore) => Cached(semaphore, CoreType.Semaphore, "m_asyncHead");

    /// <summary>Where a continuation of .NET 10 has the code that continues it; null if it is not known.</summary>
    public uint? ResumeOf(HeapType continuation) => Cached(continuation, CoreType.Continuation, "Resume");

    private uint? Cached(HeapType type, CoreType declaring, string field)
    {
        HeapType? owner = type;
        while (owner is not null && owner.Core != declaring)
            owner = owner.Parent;
        if (owner is null)
            return null;
        if (!_queues.TryGetValue(owner.Address, out uint? offset))
            _queues[owner.Address] = offset = _fields.OffsetOf(owner.Address, field);
        return offset;
    }
}
