using Stackflare.Runtime.Types;
using Stackflare.Snapshots;

namespace Stackflare.Runtime.Locks;

/// <summary>Reads the fields of the objects that threads may wait for, and finds which wait is certain: that of an object whose monitor the thread waits for.</summary>
internal sealed class WaitProofs(LockContext context, LockTable locks, WaitedObjects objects)
{
    /// <summary>Of one thread.</summary>
    private const int MaxReferences = 512;

    /// <summary>Of a task, and lists of these.</summary>
    private const int MaxContinuations = 1 << 10, MaxLists = 256;

    /// <summary>The fields of an object outside of CoreLib that are searched.</summary>
    private const int MaxFields = 10;

    private readonly Dictionary<ulong, HashSet<ulong>> _lists = [];
    private ListFields? _listFields;

    /// <summary>Reads the counts and owners in the objects.</summary>
    public void ReadFields()
    {
        foreach (WaitedObject found in objects.All)
            context.Try(() => ReadFields(found));
    }

    /// <summary>Marks the references to what their threads wait for.</summary>
    /// <param name="waits">The waits by thread.</param>
    public void Prove(SnapshotWait?[] waits)
    {
        foreach (IGrouping<int, Reference> ofThread in objects.References.GroupBy(static r => r.Thread))
        {
            if (waits[ofThread.Key] is not { Kind: SnapshotWaitKind.MonitorWait, Lock: { } monitor })
                continue;
            Reference[] references = [.. ofThread];
            if (references.Length > MaxReferences)
                context.IsTruncated = true;
            else
                context.Try(() => Prove(references, locks.All[monitor].Address));
        }
    }

    private void ReadFields(WaitedObject found)
    {
        ProcessMemory memory = context.Memory;
        switch (found.Kind)
        {
            case WaitedKind.SemaphoreSlim when context.Core.Semaphore is { } layout:
                found.Count = memory.Read<int>(found.Address + layout.Count);
                break;
            case WaitedKind.ReaderWriterLockSlim when context.Core.ReaderWriter is { } layout:
                uint state = memory.Read<uint>(found.Address + layout.State);
                found.Count = (state & ReaderWriterFields.HasWriter) != 0 ? 0 : (int)(state & ReaderWriterFields.Readers);
                found.Owner = context.Ids.OfManaged(memory.Read<uint>(found.Address + layout.Writer));
                found.Upgrader = context.Ids.OfManaged(memory.Read<uint>(found.Address + layout.Upgrader));
                break;
            case WaitedKind.CountdownEvent:
                found.Count = objects.CountOf(found);
                break;
        }
    }

    /// <summary>An object waits with a monitor, or with an event that does.</summary>
    private void Prove(Reference[] references, ulong monitor)
    {
        ulong gate = 0;
        for (int round = 0; round < 2; round++)
        {
            foreach (Reference reference in references)
            {
                WaitedObject found = objects.All[reference.Object];
                if (reference.IsProven || !IsProof(found, monitor, gate))
                    continue;
                foreach (Reference same in references)
                    same.IsProven |= same.Object == reference.Object;
                if (found.Kind == WaitedKind.EventSlim)
                    gate = found.Address;
            }
        }
    }

    private bool IsProof(WaitedObject found, ulong monitor, ulong gate)
    {
        ProcessMemory memory = context.Memory;
        switch (found.Kind)
        {
            case WaitedKind.SemaphoreSlim:
                return context.Core.Semaphore is { } semaphore && memory.Pointer(found.Address + semaphore.Lock) == monitor;
            case WaitedKind.EventSlim:
                return context.Core.Event is { } layout && memory.Pointer(found.Address + layout.Lock) == monitor;
            case WaitedKind.Task:
                return gate != 0 && context.Core.Task is { } task && memory.Pointer(found.Address + task.Continuation) is var next
                    && (next == gate || (next != 0 && ListAt(next).Contains(gate)));
            case WaitedKind.CountdownEvent or WaitedKind.Barrier:
                for (uint i = 1; gate != 0 && i < MaxFields; i++)
                {
                    if (memory.TryRead(found.Address + (i * sizeof(ulong)), out ulong field) && field == gate)
                        return true;
                }
                return false;
            default:
                return false;
        }
    }

    /// <summary>The continuations of a task, if they are a list.</summary>
    private HashSet<ulong> ListAt(ulong list)
    {
        if (_lists.TryGetValue(list, out HashSet<ulong>? known))
            return known;
        var found = new HashSet<ulong>();
        ulong type = context.Types.TypeOf(list);
        if (context.Layout.Arrays is not { } arrays || !context.CoreLib.Is(type, "System.Collections.Generic", "List`1"))
            return found;
        if (_lists.Count == MaxLists)
        {
            context.IsTruncated = true;
            return found;
        }
        _listFields ??= context.CoreLib.Of(type) is { } ofList ? new CoreReader(context.CoreLib).Group(ofList, static r => new ListFields(r)) : null;
        if (_listFields is { } fields)
        {
            ulong items = context.Memory.Pointer(list + fields.Items);
            int count = context.Memory.Read<int>(list + fields.Size);
            context.IsTruncated |= count > MaxContinuations;
            for (int i = 0; i < Math.Min(count, MaxContinuations); i++)
                found.Add(context.Memory.Pointer(items + arrays.Items + ((ulong)i * sizeof(ulong))));
        }
        return _lists[list] = found;
    }
}
