using Stackflare.Runtime.Code;
using Stackflare.Runtime.Stacks;
using Stackflare.Runtime.Types;
using Stackflare.Snapshots;
using static System.FormattableString;

namespace Stackflare.Runtime.Heap;

/// <summary>
/// The async methods of a process that does not run, by its heap: those that wait, what they wait for, and which ones threads run. It makes the same records as
/// the probe.
/// </summary>
/// <remarks>First the heap is walked, then the stacks are looked at, then references are followed.</remarks>
internal sealed class AsyncHeap
{
    private readonly HeapRegions _regions;
    private readonly HeapTypes _types;
    private readonly TypeFields _fields;
    private readonly HeapWalker _walker;
    private readonly HeapCopies _copies;
    private readonly TypeDescriptions _descriptions;
    private readonly Continuations _continuations;
    private readonly HeapSearch _search;
    private readonly RunningMethods _running;
    private readonly Dispatchers? _dispatchers;
    private readonly string _hint;

    private AsyncHeap(ProcessMemory memory, RuntimeLayout layout, Parts parts, HeapTypes types, HeapRegions regions, TaskFields tasks, HeapBudget budget)
    {
        (_regions, _types, _fields, _hint) = (regions, types, parts.Fields, budget.Hint);
        _walker = new HeapWalker(memory, layout, types, budget.Time);
        _copies = new HeapCopies(memory, layout, budget);
        _descriptions = new TypeDescriptions(types, parts.Fields, parts.Types);
        _continuations = new Continuations(memory, layout, parts.Code, parts.Methods, parts.Snapshot);
        var details = new HeapDetails(memory, layout, types, _copies, _descriptions);
        _search = new HeapSearch(layout, tasks, _copies, _descriptions, _continuations, details, _walker);
        _walker.Walk(regions, _search.See);
        _running = new RunningMethods(memory, _copies, _descriptions, parts.Fields, parts.Methods, _walker);
        _dispatchers = Dispatchers.Find(memory, layout, parts.Core, parts.Fields, parts.Methods);
    }

    /// <summary>Walks the heap. Null if that is not possible; then a note says why.</summary>
    /// <param name="memory">The process's memory.</param>
    /// <param name="layout">The table of the runtime's layout.</param>
    /// <param name="images">The images of modules.</param>
    /// <param name="debuggerTable">The address of the runtime's table for debuggers; 0 if it is not known.</param>
    /// <param name="readers">What describes types, their fields if the layout of these is known, methods and code.</param>
    /// <param name="budget">Limits.</param>
    /// <param name="notes">Where the reason is added.</param>
    public static AsyncHeap? Open(
        ProcessMemory memory, RuntimeLayout layout, ModuleImages images, ulong debuggerTable, (TypeReader Types, TypeFields? Fields, MethodReader Methods, CodeMap Code, SnapshotBuilder Snapshot) readers,
        HeapBudget budget, List<string> notes)
    {
        try
        {
            if (readers.Fields is not { } fields || layout is not { Instances: not null, Strings: not null, Types: not null, Heap: { Allocation: { } allocation, References: not null }, Locks.Maps: not null })
                return Unknown(notes);
            if (CoreTypes.Find(memory, layout, fields) is not { } core)
                return Missing(notes);
            if (HeapTypes.Open(memory, layout, core, new FrameworkTypes(images, fields)) is not { } types || CollectorHeaps.Find(memory, layout.Heap, debuggerTable) is not { } collector)
                return Unknown(notes);
            if ((types.Task == 0 ? TaskFields.Unused(fields) : TaskFields.Find(types, fields)) is not { } tasks)
                return Unknown(notes);
            var regions = HeapRegions.List(memory, collector, layout.Threads!, allocation);
            return regions.All.Any(r => memory.TryRead(r.Start, out ulong _))
                ? new AsyncHeap(memory, layout, new Parts(core, fields, readers.Types, readers.Methods, readers.Code, readers.Snapshot), types, regions, tasks, budget)
                : Missing(notes);
        }
        catch (MissingMemoryException)
        {
            return Missing(notes);
        }
    }

    /// <summary>Looks at a thread's stack for methods that it runs.</summary>
    /// <param name="thread">The index of the thread.</param>
    /// <param name="address">The runtime's thread.</param>
    /// <param name="stack">Its frames, innermost first.</param>
    public void LookAt(int thread, ulong address, List<WalkedFrame> stack)
    {
        _running.LookAt(thread, stack);
        _dispatchers?.LookAt(thread, address, stack, _running, _search, _copies, _continuations);
    }

    /// <summary>Follows references, and makes the records. Notes say what is missing.</summary>
    /// <param name="notes">Where they are added.</param>
    /// <param name="runtime">The version of the runtime.</param>
    /// <param name="clock">The clock that timers use, which is not in the memory; zero if it is not known.</param>
    public SnapshotHeap Finish(List<string> notes, Version runtime, TimeSpan clock)
    {
        _search.Follow();
        HeapCopy[] copies = [.. _copies.All.ToArray().DistinctBy(static c => c.Address).OrderBy(static c => c.Address)];
        ulong[] addresses = [.. copies.Select(static c => c.Address)];
        AddNotes(notes, runtime);
        return new SnapshotHeap
        {
            Objects = [.. copies.Select(c => new HeapObject(c.Address, _descriptions.Of(c.Type).Index, c.Traits, c.Bytes))],
            Layouts = _descriptions.Layouts,
            Running = [.. Running(addresses)],
            Suspensions = _continuations.Places,
            Now = clock,
            IsTruncated = IsLate || IsTruncated,
        };
    }

    private bool IsLate => _walker.IsLate || _running.IsLate || _search.IsLate;

    private bool IsTruncated => _copies.IsTruncated || _types.IsTruncated || _continuations.IsTruncated || _fields.IsTruncated;

    private IEnumerable<RunningMethod> Running(ulong[] addresses)
    {
        IEnumerable<RunningMethod> found =
            from run in _running.Found
            let at = IndexOf(run.Candidate)
            where at >= 0
            select new RunningMethod(run.Thread, at, run.Frame, run.Next >= 0 && IndexOf(run.Next) is >= 0 and var next ? next : null);
        // Two machines can refer to one box.
        return found.DistinctBy(static r => (r.Thread, r.Frame, r.Object)).OrderBy(static r => (r.Thread, r.Frame, r.Object));

        int IndexOf(int candidate) => Array.BinarySearch(addresses, _copies.Candidates[candidate].Address);
    }

    private void AddNotes(List<string> notes, Version runtime)
    {
        if (_regions.IsMoving)
            notes.Add("Async stacks may be missing or wrong: a garbage collection was moving objects.");
        else if (_walker.Damaged > 0 || !_regions.IsWhole)
            notes.Add("Some async stacks may be missing: a part of the heap was inconsistent, or is not in the memory.");
        if (_descriptions.IsCut)
            notes.Add("Some async stacks, or what they wait for, may be missing: there are too many types, or an object has too many references.");
        if (_search.HasUnreadable)
            notes.Add(Invariant($"Methods that use runtime-async are missing from the async stacks: .NET {runtime.Major} does not record where they wait, .NET 11 does."));
        if (IsLate)
            notes.Add(Invariant($"Some async stacks are missing: the limit on time was reached after {_walker.Seen:N0} objects of the heap. {_hint}"));
        else if (IsTruncated)
            notes.Add(SnapshotHeap.TooMany);
    }

    private static AsyncHeap? Unknown(List<string> notes)
    {
        notes.Add("Async stacks are not available: the data layout of this runtime is not known.");
        return null;
    }

    private static AsyncHeap? Missing(List<string> notes)
    {
        notes.Add("Async stacks are not available: the heap is not in the memory.");
        return null;
    }

    /// <summary>What the parts of the search have in common.</summary>
    private sealed record Parts(CoreTypes Core, TypeFields Fields, TypeReader Types, MethodReader Methods, CodeMap Code, SnapshotBuilder Snapshot);
}
