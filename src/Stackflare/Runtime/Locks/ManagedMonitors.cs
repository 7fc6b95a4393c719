using Stackflare.Snapshots;

namespace Stackflare.Runtime.Locks;

/// <summary>
/// Monitors on .NET 11: a sync block has a handle to a <c>System.Threading.Lock</c>, which is the monitor of the block's object. Before the first wait for
/// it, the block can have the bits of a thin lock instead. A thread that waits has a record with the Lock, or with the Condition of a Lock if it waits for a
/// pulse. So the Locks of monitors are read first, because they show what a wait is for.
/// </summary>
internal sealed class ManagedMonitors(LockContext context, SyncTable table, HeaderLayout headers, LockTable locks, LockObjects objects) : IMonitorReader
{
    private readonly ManagedMonitorLayout _layout = context.Layout.ManagedMonitors!;

    /// <summary>The monitors by their Locks.</summary>
    private readonly Dictionary<ulong, (ulong Object, uint Index)> _monitors = [];

    /// <summary>Whether all monitors are known.</summary>
    private bool _isWhole;

    private int _right, _wrong;

    public bool IsFirst => true;

    public bool ReadAll()
    {
        if (!context.Memory.TryRead(_layout.Cache, out ulong cache) || !context.Memory.TryRead(cache + _layout.Used, out uint used))
            return false;
        _isWhole = used <= SyncTable.MaxEntries;
        context.IsTruncated |= !_isWhole;
        bool isWaited = false;
        for (uint index = SyncTableLayout.First; index < Math.Min(used, SyncTable.MaxEntries); index++)
        {
            try
            {
                if (table.At(index) is { IsUsed: true } entry)
                    isWaited |= Take(entry, index);
            }
            catch (MissingMemoryException)
            {
                context.LacksMemory = true;
                _isWhole = false;
                // Without a part of the table, its end is not known to be in the memory either.
                if (_right == 0)
                    return false;
                if (context.Memory.IsExhausted)
                    break;
            }
        }
        // Each thread that waits has a record. If no thread ever had one, none waits.
        return (_wrong == 0 || _right > 0) && !(isWaited && context.Core.Blocking is null);
    }

    public (SnapshotWaitKind Kind, int Lock)? WaitOf(in BlockingRecord record)
    {
        switch (record.Kind)
        {
            case BlockingKinds.Lock when context.Memory.Pointer(record.Object) is var entered:
                return LockOf(entered, out bool isMonitor) is { } wanted ? (isMonitor ? SnapshotWaitKind.MonitorEnter : SnapshotWaitKind.LockEnter, wanted) : null;
            // CoreLib's own classes wait for a pulse with Locks.
            case BlockingKinds.Condition when context.Core.Condition is { } layout && context.Memory.Pointer(record.Object) is var condition && context.Types.TypeOf(condition) == layout.Type:
                return LockOf(context.Memory.Pointer(condition + layout.Lock), out _) is { } pulsed ? (SnapshotWaitKind.MonitorWait, pulsed) : null;
            default:
                return null;
        }
    }

    public bool IsOwn(ulong address) => _isWhole && !_monitors.ContainsKey(address);

    /// <summary>The monitor to which a Lock belongs. A Lock of no sync block is itself what is waited for, unless not all blocks are known.</summary>
    private int? LockOf(ulong address, out bool isMonitor)
    {
        isMonitor = _monitors.TryGetValue(address, out (ulong Object, uint Index) monitor);
        return !isMonitor ? (_isWhole ? objects.AddWaited(address) : null)
            : objects.Read(address) is { } fields ? Add(monitor.Object, monitor.Index, fields)
            : null;
    }

    /// <summary>Takes an entry. True if threads wait for it.</summary>
    private bool Take(SyncTable.Entry entry, uint index)
    {
        ProcessMemory memory = context.Memory;
        ulong handle = memory.Pointer(entry.Block + _layout.Lock);
        if (handle == 0)
        {
            uint thin = memory.Read<uint>(entry.Block + _layout.ThinLock), owner = thin & headers.Thread;
            if (owner != 0 && IsOf(entry.Object, index))
                locks.Add(locks.HeldMonitor(entry.Object, owner, (int)(thin >> headers.RecursionShift & HeaderLayout.RecursionBits)));
            return false;
        }
        ulong address = memory.Pointer(handle);
        if (objects.Read(address) is not { } fields)
        {
            _wrong++;
            _isWhole = false;
            context.LacksMemory = true;
            return false;
        }
        _right++;
        _monitors.TryAdd(address, (entry.Object, index));
        if (fields.IsHeld || fields.Waiters > 0)
            Add(entry.Object, index, fields);
        return fields.Waiters > 0;
    }

    private int? Add(ulong address, uint index, in LockObjects.Fields fields) =>
        !IsOf(address, index) ? null
        : locks.Add(fields.IsHeld ? locks.HeldMonitor(address, fields.Owner, (int)Math.Min(fields.Recursion, int.MaxValue)) : locks.FreeMonitor(address));

    /// <summary>Whether an object has this sync block. If it has another, one of the two is damaged.</summary>
    private bool IsOf(ulong address, uint index)
    {
        bool isOf = table.IsOf(address, index);
        context.LacksMemory |= !isOf;
        return isOf;
    }
}
