using System.Runtime.InteropServices;
using Stackflare.Snapshots;

namespace Stackflare.Runtime.Heap;

/// <summary>
/// Finds async methods that wait, and what they wait for, as the probe does: async methods that have not completed are copied when they are seen, and then
/// references are followed from these copies.
/// </summary>
internal sealed class HeapSearch(
    RuntimeLayout layout, TaskFields tasks, HeapCopies copies, TypeDescriptions descriptions, Continuations continuations, HeapDetails details, HeapWalker walker)
{
    /// <summary>Levels of references: box, state machine, promise, array, task, what that waits for. And promises that wait for each other.</summary>
    private const int MaxLevels = 6, MaxPromises = 4, LookAtClock = 1024;

    private const HeapObjectTraits Followed =
        HeapObjectTraits.Method | HeapObjectTraits.Task | HeapObjectTraits.Machine | HeapObjectTraits.Array;

    private readonly uint _arrayItems = layout.Heap.References!.ArrayItems;
    private int _detailCount, _steps;

    /// <summary>Whether the limit on time ended the search.</summary>
    public bool IsLate { get; private set; }

    /// <summary>Whether there are methods that the runtime suspends itself and of which it does not record where they wait (.NET 10).</summary>
    public bool HasUnreadable { get; private set; }

    /// <summary>Looks at an object of the heap. False if there are too many.</summary>
    public bool See(ulong address, HeapType type, ReadOnlySpan<byte> bytes)
    {
        HeapObjectTraits traits = type.Traits;
        if ((traits & HeapObjectTraits.Task) != 0 && IsCompleted(bytes))
            traits |= HeapObjectTraits.Completed;
        if ((traits & HeapObjectTraits.Semaphore) != 0 && (tasks.QueueOf(type) is not { } queue || Word(bytes, queue) == 0))
            return true;
        if ((traits & HeapObjectTraits.Continuation) != 0 && !continuations.AreKnown)
        {
            HasUnreadable |= tasks.ResumeOf(type) is { } resume && Word(bytes, resume) != 0;
            return true;
        }
        if (traits == HeapObjectTraits.Detail && _detailCount++ >= HeapBudget.Details)
            return true;
        bool isMethod = (traits & HeapObjectTraits.Method) != 0 || ((traits & HeapObjectTraits.Suspended) != 0 && Word(bytes, tasks.Object) != 0);
        bool isTask = (traits & (HeapObjectTraits.Task | HeapObjectTraits.Completed)) == HeapObjectTraits.Task;
        var candidate = new Candidate { Address = address, Type = type, Traits = traits, Then = isTask ? Word(bytes, tasks.Continuation) : 0 };
        int index = copies.Candidates.Length;
        if (!copies.Remember(candidate))
            return false;
        if ((isMethod && (traits & HeapObjectTraits.Completed) == 0) || (traits & HeapObjectTraits.Semaphore) != 0 || HeapDetails.IsInUse(type, bytes))
            CopyAt(index);
        return true;
    }

    /// <summary>Copies a candidate that an async method or a thread needs.</summary>
    public bool CopyAt(int index, bool isHead = false)
    {
        if (index >= copies.Candidates.Length || !copies.Copy(index, isHead))
            return false;
        descriptions.Of(copies.Candidates[index].Type);
        return true;
    }

    /// <summary>Follows the references from all copies, when the whole heap was seen.</summary>
    public void Follow()
    {
        FollowLevels(0);
        FollowPromises();
        FollowMethods();
        FollowDetails();
    }

    private bool IsCompleted(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= tasks.State + sizeof(uint) && (MemoryMarshal.Read<uint>(bytes[(int)tasks.State..]) & ReferenceLayout.CompletedTask) != 0;

    private static ulong Word(ReadOnlySpan<byte> bytes, uint offset) => offset + sizeof(ulong) <= (uint)bytes.Length ? MemoryMarshal.Read<ulong>(bytes[(int)offset..]) : 0;

    private void FollowLevels(int first)
    {
        for (int level = 0; level < MaxLevels; level++)
        {
            for (int end = copies.Count; first < end; first++)
            {
                if (IsOver())
                    return;
                HeapCopy copy = copies.All[first];
                if (copy.Is(HeapObjectTraits.Suspended) && !copy.Is(HeapObjectTraits.Completed))
                    continuations.Follow(copy.Word(tasks.Object), this, copies);
                if (copy.Is(Followed) || copy.IsHead)
                    FollowAll(copy, static t => t != HeapObjectTraits.Detail);
            }
        }
    }

    private void FollowAll(in HeapCopy copy, Predicate<HeapObjectTraits> isWanted, bool onlyOfMethods = false)
    {
        ulong address = copy.Address;
        foreach (uint offset in descriptions.Of(copy.Type).References)
        {
            // A task's own references do not lead to what it waits for.
            if (!copy.Is(HeapObjectTraits.Task) || !tasks.Own.Contains(offset))
                Go(copy.Word(offset));
        }
        for (ulong at = _arrayItems; copy.Is(HeapObjectTraits.Array) && at + sizeof(ulong) <= (ulong)copy.Bytes.Length; at += sizeof(ulong))
            Go(copy.Word(at));

        void Go(ulong to)
        {
            int index = to == 0 || to == address ? -1 : copies.Find(to);
            if (index >= 0 && isWanted(copies.Candidates[index].Type.Traits) && (!onlyOfMethods || copies.Candidates[index].Type.Framework is { Type.IsOfMethods: true }))
                CopyAt(index);
        }
    }

    /// <summary>
    /// Some tasks that wait for others have no reference to them: Task.WhenAll only counts the incomplete ones. But each of those refers to its
    /// continuation, like any task. So the tasks whose continuation was copied are copied as well, unless it is a method. Such tasks can wait for each other.
    /// </summary>
    private void FollowPromises()
    {
        int before = -1;
        for (int round = 0; round < MaxPromises && before < copies.Count; round++)
        {
            before = copies.Count;
            for (int i = 0; i < copies.Candidates.Length; i++)
            {
                if (IsOver())
                    return;
                Candidate task = copies.Candidates[i];
                if (task.Copy != 0 || task.Then == 0 || copies.Find(task.Then) is not (>= 0 and var promise))
                    continue;
                Candidate to = copies.Candidates[promise];
                if (to.Copy != 0 && (to.Type.Traits & (HeapObjectTraits.Task | HeapObjectTraits.Method)) == HeapObjectTraits.Task)
                    CopyAt(i);
            }
            FollowLevels(before);
        }
    }

    /// <summary>Objects of libraries to which methods refer.</summary>
    private void FollowMethods()
    {
        for (int i = 0, end = copies.Count; i < end && !IsOver(); i++)
        {
            HeapCopy copy = copies.All[i];
            if (copy.Is(HeapObjectTraits.Method | HeapObjectTraits.Machine | HeapObjectTraits.Continuation))
                FollowAll(copy, static t => t == HeapObjectTraits.Detail, onlyOfMethods: true);
        }
    }

    /// <summary>After everything else, so that it takes no room from async methods: what the objects of the framework's libraries refer to.</summary>
    private void FollowDetails()
    {
        for (int level = 0, first = 0; level < MaxLevels; level++)
        {
            for (int end = copies.Count; first < end; first++)
            {
                if (IsOver())
                    return;
                HeapCopy copy = copies.All[first];
                if (!copy.Is(HeapObjectTraits.Detail) || copy.Type.Framework is not { } framework)
                    continue;
                details.Follow(copy, framework);
                if (framework.Type.FollowsAll)
                    FollowAll(copy, static t => t == HeapObjectTraits.Detail);
            }
        }
    }

    /// <summary>Whether the limit on time was reached. Looks at the clock now and then.</summary>
    public bool IsOver()
    {
        IsLate = IsLate || (++_steps % LookAtClock == 0 && walker.IsOver(1));
        return IsLate;
    }
}
