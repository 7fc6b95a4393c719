using Stackflare.Runtime.Stacks;
using Stackflare.Snapshots;

namespace Stackflare.Runtime.Locks;

/// <summary>Threads that wait for another thread's end, and the owners of mutexes.</summary>
internal sealed class Joins(LockContext context, WaitedObjects objects)
{
    /// <summary>Adds the waits for threads, where a thread has no other wait.</summary>
    public void Find(SnapshotWait?[] waits)
    {
        foreach (WaitedObject found in objects.All)
        {
            if (found.Kind == WaitedKind.Thread)
                found.Owner = context.Ids.OfObject(found.Address);
        }
        if (!context.HasManagedMonitors)
        {
            FindByFrames(waits);
            return;
        }
        FindByEvents(waits);
        foreach (IGrouping<int, Reference> ofThread in objects.References.Where(r => objects.All[r.Object].Kind == WaitedKind.WaitHandle).GroupBy(static r => r.Thread))
            context.Try(() => FindHandles(ofThread.Key, ofThread));
    }

    /// <summary>Before .NET 11, nothing records a join. The thread waits in a method of Thread, which refers to the other one and to no third.</summary>
    private void FindByFrames(SnapshotWait?[] waits)
    {
        foreach (IGrouping<int, Reference> ofThread in objects.References.GroupBy(static r => r.Thread))
        {
            int frames = FramesOfThread(context.Threads[ofThread.Key].Frames);
            int?[] others = [.. ofThread.Where(r => r.Frame < frames && objects.All[r.Object].Kind == WaitedKind.Thread).Select(r => objects.All[r.Object].Owner).Distinct()];
            if (others is [{ } other])
                Add(waits, ofThread.Key, other);
        }
    }

    /// <summary>How many of the innermost frames are methods of Thread, or native code and stubs among these.</summary>
    private int FramesOfThread(List<WalkedFrame> frames)
    {
        bool hasMethod = false;
        int count = 0;
        for (; count < frames.Count; count++)
        {
            ulong type = frames[count].Block is { } block ? context.Methods.TypeOrNone(block.Method) : 0;
            if (type != 0 && type != context.Core.Thread!.Type)
                break;
            hasMethod |= type != 0;
        }
        return hasMethod ? count : 0;
    }

    /// <summary>From .NET 11 on, a thread has an event for its end, and the wait subsystem knows what each thread waits for.</summary>
    private void FindByEvents(SnapshotWait?[] waits)
    {
        if (context.Core is not { Joins: { } layout, WaitHandle: not null, SafeHandle: not null })
            return;
        var joined = new Dictionary<ulong, int>();
        for (int i = 0; i < context.Threads.Count; i++)
        {
            int thread = i;
            context.Try(() =>
            {
                if (context.Ids.Objects[thread] is var managed and not 0 && context.Memory.Pointer(managed + layout.Event) is var ended and not 0 && WaitableOf(ended) is var waitable and not 0)
                    joined[waitable] = thread;
            });
        }
        for (int i = 0; i < context.Threads.Count && joined.Count > 0; i++)
        {
            int thread = i;
            context.Try(() =>
            {
                if (WaitedBy(thread) is var waited and not 0 && joined.TryGetValue(waited, out int other))
                    Add(waits, thread, other);
            });
        }
    }

    /// <summary>Which of the handles that a thread refers to it waits for; and the owner, if it is a mutex.</summary>
    private void FindHandles(int thread, IEnumerable<Reference> references)
    {
        if (WaitedBy(thread) is not (var waited and not 0))
            return;
        foreach (Reference reference in references)
        {
            WaitedObject handle = objects.All[reference.Object];
            if (WaitableOf(handle.Address) != waited)
                continue;
            reference.IsProven = true;
            if (context.Core is { Waitable: { } waitable, Ownership: { } ownership } && context.Types.TypeOf(waited) == waitable.Type
                && context.Memory.Pointer(waited + waitable.Ownership) is var owned and not 0 && context.Types.TypeOf(owned) == ownership.Type)
            {
                handle.Owner = context.Ids.OfObject(context.Memory.Pointer(owned + ownership.Thread));
            }
        }
    }

    /// <summary>The wait subsystem's object of a handle; 0 if there is none.</summary>
    private ulong WaitableOf(ulong waitHandle) =>
        context.Core is { WaitHandle: { } layout, SafeHandle: { } safe } && context.Memory.Pointer(waitHandle + layout.Handle) is var holder and not 0
        && context.Memory.Pointer(holder + safe.Handle) is var handle and not 0 && context.Memory.TryRead(handle, out ulong waitable)
            ? waitable
            : 0;

    /// <summary>The wait subsystem's object that a thread waits for; 0 if it is not exactly one.</summary>
    private ulong WaitedBy(int thread)
    {
        if (context is not { Core: { Joins: { } layout, WaitInfo: { } info }, Layout.Arrays: { } arrays } || !context.Waits(thread) || context.Ids.Objects[thread] == 0)
            return 0;
        ulong waiting = context.Memory.Pointer(context.Ids.Objects[thread] + layout.Waiting);
        if (waiting == 0 || context.Memory.Read<uint>(waiting + info.Count) != 1 || context.Memory.Pointer(waiting + info.Objects) is not (var list and not 0))
            return 0;
        return context.Memory.Pointer(list + arrays.Items);
    }

    private static void Add(SnapshotWait?[] waits, int thread, int other) =>
        waits[thread] ??= new SnapshotWait(SnapshotWaitKind.Join, null, other, null);
}
