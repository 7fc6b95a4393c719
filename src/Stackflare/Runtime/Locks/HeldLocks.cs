using Stackflare.Snapshots;

namespace Stackflare.Runtime.Locks;

/// <summary>
/// Finds locks by the stacks of their owners: those whose lock is only a few bits in the header of their object, and the frames that refer to a lock.
/// </summary>
internal sealed class HeldLocks(LockContext context, SyncTable table, HeaderLayout headers, LockTable locks, LockObjects objects, IMonitorReader monitors)
{
    /// <summary>The kernel gives out the memory of objects in one direction, from one end of its range.</summary>
    private const ulong HeapDistance = 1ul << 43;

    /// <summary>What is on a thread's own stack is no object; no stack has more bytes.</summary>
    private const ulong StackDistance = 1 << 20;

    private const int MaxCandidates = 1 << 21, MaxFrames = 1 << 16;

    private readonly StackSearch _search = new(context);
    private readonly HashSet<ulong> _seen = [];
    private int _candidates;

    /// <summary>Looks at all stacks.</summary>
    /// <param name="parts">The parts of the stacks, by thread.</param>
    /// <param name="waited">Finds what threads wait for, in the same pass.</param>
    public void Find(StackParts[] parts, WaitedObjects waited)
    {
        ulong known = Array.Find(context.Ids.Objects, static o => o != 0), heap = known - HeapDistance;
        if (known == 0)
            return;
        for (int i = 0; i < parts.Length; i++)
        {
            int thread = i;
            StackParts stack = parts[i];
            if (stack.Begin == 0)
                continue;
            (ulong from, ulong to) = waited.PartOf(thread, stack);
            _search.Each(from == 0 ? stack.Begin : from, stack.End, (at, word) =>
            {
                // Near another object, and not on this stack.
                if (word % sizeof(ulong) != 0 || word - heap > 2 * HeapDistance || word - (at - StackDistance) < 2 * StackDistance)
                    return;
                if (_candidates == MaxCandidates)
                {
                    context.IsTruncated = true;
                    return;
                }
                bool isNew = at >= stack.Begin && _seen.Add(word), isWaited = at < to;
                if (!isNew && !isWaited)
                    return;
                _candidates++;
                if (isNew)
                    TakeLock(word);
                if (isWaited)
                    waited.See(thread, stack, at, word);
            });
        }
        _seen.Clear();
    }

    /// <summary>The frames of the owners that refer to their locks. Each lock with an owner has one record at least.</summary>
    public List<SnapshotHeldLock> FindFrames(StackParts[] parts)
    {
        var found = new HashSet<SnapshotHeldLock>();
        foreach (IGrouping<int, int> owned in Enumerable.Range(0, locks.All.Count).Where(i => locks.All[i].Owner is not null).GroupBy(i => locks.All[i].Owner!.Value))
        {
            int thread = owned.Key;
            var left = new HashSet<int>(owned);
            StackParts stack = parts[thread];
            _search.Each(stack.Begin, stack.End, (at, word) =>
            {
                if (locks.Find(word) is not { } index || locks.All[index].Owner != thread || stack.FrameAt(at) is not { } frame)
                    return;
                if (found.Count < MaxFrames)
                    found.Add(new SnapshotHeldLock(thread, index, frame));
                else
                    context.IsTruncated = true;
                left.Remove(index);
            });
            found.UnionWith(left.Select(index => new SnapshotHeldLock(thread, index, null)));
        }
        return [.. found];
    }

    /// <summary>Adds an object that a listed thread holds as a lock. The word may be stale, and the object may have been moved or freed.</summary>
    private void TakeLock(ulong address)
    {
        try
        {
            // Most candidates are nowhere. The other half of the word before an object is not used.
            if (!context.Memory.TryRead(address - sizeof(ulong), out uint unused) || unused != 0 || !table.TryHeaderOf(address, out uint header))
                return;
            if ((header & HeaderLayout.NotThin) == 0 && context.Ids.OfManaged(header & headers.Thread) is not null)
            {
                if (context.Types.IsType(context.Types.TypeOf(address)))
                    locks.Add(locks.HeldMonitor(address, header & headers.Thread, (int)(header >> headers.RecursionShift & HeaderLayout.RecursionBits), isGuess: true));
            }
            else if (locks.Find(address) is null && objects.Read(address) is { } fields && monitors.IsOwn(address))
            {
                objects.AddFound(address, fields);
            }
        }
        catch (MissingMemoryException)
        {
            // It is no object.
        }
    }
}
