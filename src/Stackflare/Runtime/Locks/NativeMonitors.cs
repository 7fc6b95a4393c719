using Stackflare.Snapshots;

namespace Stackflare.Runtime.Locks;

/// <summary>
/// Monitors on .NET 10: a sync block begins with the monitor of its object. A block must know its own index, the object's header must have the same index,
/// and both ids of an owner must be those of one thread.
/// </summary>
internal sealed class NativeMonitors(LockContext context, SyncTable table, LockTable locks, LockObjects objects) : IMonitorReader
{
    private int _ownersRight, _ownersWrong;

    public bool IsFirst => false;

    public bool ReadAll()
    {
        // Behind the last entry is the mark of the end, or anything: the runtime does not clear the table, and a full one has no mark. One entry that is wrong
        // between others is damage.
        int right = 0, waited = locks.All.Count;
        bool isWrong = false, isMissing = false;
        for (uint index = SyncTableLayout.First; ; index++)
        {
            if (index == SyncTable.MaxEntries)
            {
                context.IsTruncated = true;
                break;
            }
            if (!table.TryAt(index, out SyncTable.Entry entry))
            {
                context.LacksMemory = true;
                return IsRight(right > 0);
            }
            if (entry.IsEnd)
                break;
            if (!entry.IsUsed)
                continue;
            if (!TryRead(entry.Block, out Monitor monitor) || monitor.Index != index)
            {
                if (table.MayBe(entry, index))
                    context.LacksMemory = isMissing = true;
                else if (isWrong)
                    return IsRight(right > 0 || (waited == 0 && !isMissing));
                else
                    isWrong = true;
                continue;
            }
            context.LacksMemory |= isWrong;
            isWrong = false;
            right++;
            if (monitor.IsHeld || monitor.Waiters > 0)
                context.Try(() => Add(entry, monitor));
        }
        return IsRight(right > 0 || !isMissing);
    }

    public (SnapshotWaitKind Kind, int Lock)? WaitOf(in BlockingRecord record)
    {
        int? found = record.Kind switch
        {
            BlockingKinds.Enter or BlockingKinds.Wait => AddWaited(record.Object),
            BlockingKinds.Lock => objects.AddWaited(context.Memory.Pointer(record.Object)),
            _ => null,
        };
        SnapshotWaitKind kind = record.Kind switch
        {
            BlockingKinds.Enter => SnapshotWaitKind.MonitorEnter,
            BlockingKinds.Wait => SnapshotWaitKind.MonitorWait,
            _ => SnapshotWaitKind.LockEnter,
        };
        return found is { } index ? (kind, index) : null;
    }

    public bool IsOwn(ulong address) => true;

    private bool IsRight(bool isTable) => isTable && (_ownersWrong == 0 || _ownersRight > 0);

    private int? AddWaited(ulong block)
    {
        Monitor monitor = Read(block);
        return monitor.Index is >= SyncTableLayout.First and < SyncTable.MaxEntries && table.At(monitor.Index) is { IsUsed: true } entry && entry.Block == block
            ? Add(entry, monitor)
            : null;
    }

    private int? Add(SyncTable.Entry entry, in Monitor monitor)
    {
        if (!table.IsOf(entry.Object, monitor.Index))
        {
            context.LacksMemory = true;
            return null;
        }
        if (locks.Find(entry.Object) is { } known)
            return known;
        SnapshotLock free = locks.FreeMonitor(entry.Object);
        if (!monitor.IsHeld || monitor.Holder == 0)
            return locks.Add(free);
        int? owner = OwnerOf(monitor);
        return locks.Add(free with
        {
            Owner = owner,
            IsAbandoned = owner is null && context.Ids.HasKernelEnded(monitor.HolderOsId),
            Recursion = (int)Math.Clamp((long)monitor.Recursion - 1, 0, int.MaxValue),
        });
    }

    /// <summary>If a thread has ended without releasing the monitor, another one may have its managed id.</summary>
    private int? OwnerOf(in Monitor monitor)
    {
        int? ofKernel = context.Ids.OfKernel(monitor.HolderOsId);
        bool isRight = ofKernel is not null && ofKernel == context.Ids.OfManaged(monitor.Holder);
        _ownersRight += isRight ? 1 : 0;
        _ownersWrong += !isRight && ofKernel is not null ? 1 : 0;
        return isRight ? ofKernel : null;
    }

    private bool TryRead(ulong block, out Monitor monitor)
    {
        try
        {
            monitor = Read(block);
            return true;
        }
        catch (MissingMemoryException)
        {
            monitor = default;
            return false;
        }
    }

    private Monitor Read(ulong block)
    {
        ProcessMemory memory = context.Memory;
        return new Monitor(
            memory.Read<uint>(block + NativeMonitorLayout.State), memory.Read<uint>(block + NativeMonitorLayout.Recursion),
            memory.Read<uint>(block + NativeMonitorLayout.Holder), (uint)memory.Pointer(block + NativeMonitorLayout.HolderOsId),
            memory.Read<uint>(block + NativeMonitorLayout.Index) & NativeMonitorLayout.IndexBits);
    }

    private readonly record struct Monitor(uint State, uint Recursion, uint Holder, uint HolderOsId, uint Index)
    {
        public bool IsHeld => (State & NativeMonitorLayout.Held) != 0;

        public uint Waiters => State >> NativeMonitorLayout.WaitersShift;
    }
}
