using Stackflare.Runtime.Types;

namespace Stackflare.Runtime;

/// <summary>
/// The part of the table that comes from CoreLib's metadata by name: classes, their fields and variables. A group is null if the program has not used the
/// class. <see cref="IsComplete"/> is false if a name does not exist in this runtime.
/// </summary>
internal sealed class CoreLayouts
{
    public CoreLayouts(NamedTypes? core, bool hasManagedMonitors)
    {
        var reader = new CoreReader(core);
        Thread = reader.Group("System.Threading.Thread", static r => new ThreadFields(r));
        Lock = reader.Group("System.Threading.Lock", static r => new LockFields(r));
        Blocking = hasManagedMonitors ? reader.Group("System.Threading.ThreadBlockingInfo", static r => new BlockingFields(r)) : BlockingFields.Native;
        if (hasManagedMonitors)
            Condition = reader.Group("System.Threading.Condition", static r => new ConditionFields(r));
        HasLocks = reader.IsComplete && Thread is not null;
        if (hasManagedMonitors)
        {
            Joins = reader.Group("System.Threading.Thread", static r => new JoinFields(r));
            WaitInfo = reader.Group("System.Threading.WaitSubsystem+ThreadWaitInfo", static r => new WaitInfoFields(r));
            Waitable = reader.Group("System.Threading.WaitSubsystem+WaitableObject", static r => new WaitableFields(r));
            Ownership = reader.Group("System.Threading.WaitSubsystem+WaitableObject+OwnershipInfo", static r => new OwnershipFields(r));
        }
        Semaphore = reader.Group("System.Threading.SemaphoreSlim", static r => new SemaphoreFields(r));
        Event = reader.Group("System.Threading.ManualResetEventSlim", static r => new EventFields(r));
        ReaderWriter = reader.Group("System.Threading.ReaderWriterLockSlim", static r => new ReaderWriterFields(r));
        ReaderCounts = reader.Group("System.Threading.ReaderWriterCount", static r => new ReaderCountFields(r));
        WaitHandle = reader.Group("System.Threading.WaitHandle", static r => new WaitHandleFields(r));
        SafeHandle = reader.Group("System.Runtime.InteropServices.SafeHandle", static r => new SafeHandleFields(r));
        Task = reader.Group("System.Threading.Tasks.Task", static r => new TaskFields(r));
        IsComplete = reader.IsComplete;
    }

    public ThreadFields? Thread { get; }

    public LockFields? Lock { get; }

    public BlockingFields? Blocking { get; }

    public ConditionFields? Condition { get; }

    public JoinFields? Joins { get; }

    public WaitInfoFields? WaitInfo { get; }

    public WaitableFields? Waitable { get; }

    public OwnershipFields? Ownership { get; }

    public SemaphoreFields? Semaphore { get; }

    public EventFields? Event { get; }

    public ReaderWriterFields? ReaderWriter { get; }

    public ReaderCountFields? ReaderCounts { get; }

    public WaitHandleFields? WaitHandle { get; }

    public SafeHandleFields? SafeHandle { get; }

    public TaskFields? Task { get; }

    /// <summary>Whether all is known that locks need.</summary>
    public bool HasLocks { get; }

    /// <summary>Whether all names exist.</summary>
    public bool IsComplete { get; }
}

/// <summary>A managed thread.</summary>
internal sealed class ThreadFields(FieldNames r)
{
    public ulong Type { get; } = r.Type;

    public uint Id { get; } = r.Offset("_managedThreadId");
}

/// <summary>A lock. Before .NET 11, its owner is a kernel's id; since then, a managed one.</summary>
internal sealed class LockFields(FieldNames r)
{
    public ulong Type { get; } = r.Type;

    public uint Owner { get; } = r.Offset("_owningThreadId");

    public uint State { get; } = r.Offset("_state");

    public uint Recursion { get; } = r.Offset("_recursionCount");

    /// <summary>Of the state: whether it is held, and where the number of its waiters begins; .NET 9 to 11.</summary>
    public const uint Held = 1;

    public const int WaitersShift = 7;
}

/// <summary>The record of what a thread waits for. It is a struct: offsets are from its beginning.</summary>
internal sealed class BlockingFields
{
    public BlockingFields(FieldNames r)
    {
        Object = r.StructOffset("_objectPtr");
        Kind = r.StructOffset("_objectKind");
        Timeout = r.StructOffset("_timeoutMs");
        Newest = r.Variable("t_first", isReference: false);
    }

    private BlockingFields()
    {
        (Object, Kind, Timeout) = (BlockingKinds.NativeObject, BlockingKinds.NativeKind, BlockingKinds.NativeTimeout);
        Newest = new ThreadVariable(VariableLayout.Direct << VariableLayout.KindShift | BlockingKinds.NativePlace, 0);
    }

    /// <summary>Where native code of the runtime has it.</summary>
    public static BlockingFields Native { get; } = new();

    public uint Object { get; }

    public uint Kind { get; }

    public uint Timeout { get; }

    /// <summary>The address of a thread's newest record.</summary>
    public ThreadVariable Newest { get; }
}

/// <summary>With which threads wait for a pulse.</summary>
internal sealed class ConditionFields(FieldNames r)
{
    public ulong Type { get; } = r.Type;

    public uint Lock { get; } = r.Offset("_lock");
}

/// <summary>Of a managed thread: the event for threads that wait for its end, and what it waits for.</summary>
internal sealed class JoinFields(FieldNames r)
{
    public uint Event { get; } = r.Offset("_joinEvent");

    public uint Waiting { get; } = r.Offset("_waitInfo");
}

/// <summary>What the wait subsystem knows of a thread.</summary>
internal sealed class WaitInfoFields(FieldNames r)
{
    public uint Count { get; } = r.Offset("_waitedCount");

    public uint Objects { get; } = r.Offset("_waitedObjects");
}

/// <summary>What the wait subsystem knows of an event or a mutex.</summary>
internal sealed class WaitableFields(FieldNames r)
{
    public ulong Type { get; } = r.Type;

    public uint Ownership { get; } = r.Offset("_ownershipInfo");
}

/// <summary>The owner of a mutex.</summary>
internal sealed class OwnershipFields(FieldNames r)
{
    public ulong Type { get; } = r.Type;

    public uint Thread { get; } = r.Offset("_thread");
}

internal sealed class SemaphoreFields(FieldNames r)
{
    public ulong Type { get; } = r.Type;

    public uint Count { get; } = r.Offset("m_currentCount");

    public uint Lock { get; } = r.Offset("m_lockObjAndDisposed");
}

internal sealed class EventFields(FieldNames r)
{
    public ulong Type { get; } = r.Type;

    public uint Lock { get; } = r.Offset("m_lock");
}

internal sealed class ReaderWriterFields(FieldNames r)
{
    public ulong Type { get; } = r.Type;

    public uint Writer { get; } = r.Offset("_writeLockOwnerId");

    public uint Upgrader { get; } = r.Offset("_upgradeLockOwnerId");

    public uint State { get; } = r.Offset("_owners");

    public uint Id { get; } = r.Offset("_lockID");

    /// <summary>A thread's list of the locks that it has entered.</summary>
    public ThreadVariable Entered { get; } = r.Variable("t_rwc", isReference: true);

    /// <summary>Of the state: the number of readers, and whether there is a writer; .NET 9 to 11.</summary>
    public const uint Readers = 0x0FFFFFFF, HasWriter = 0x80000000;
}

/// <summary>How often a thread has entered a reader-writer lock.</summary>
internal sealed class ReaderCountFields(FieldNames r)
{
    public ulong Type { get; } = r.Type;

    public uint Lock { get; } = r.Offset("lockID");

    public uint Reads { get; } = r.Offset("readercount");

    public uint Next { get; } = r.Offset("next");
}

internal sealed class WaitHandleFields(FieldNames r)
{
    public ulong Type { get; } = r.Type;

    public uint Handle { get; } = r.Offset("_waitHandle");
}

internal sealed class SafeHandleFields(FieldNames r)
{
    public uint Handle { get; } = r.Offset("handle");
}

internal sealed class TaskFields(FieldNames r)
{
    public ulong Type { get; } = r.Type;

    public uint Continuation { get; } = r.Offset("m_continuationObject");

    /// <summary>The task that a thread runs.</summary>
    public ThreadVariable Running { get; } = r.Variable("t_currentTask", isReference: true);
}

/// <summary>A list, for the instance of the generic type that an object has.</summary>
internal sealed class ListFields(FieldNames r)
{
    public uint Items { get; } = r.Offset("_items");

    public uint Size { get; } = r.Offset("_size");
}
