namespace Stackflare.Runtime.Heap;

/// <summary>A range of addresses. Of a region of the heap, the one with objects.</summary>
internal readonly record struct AddressRange(ulong Start, ulong End);

/// <summary>
/// The regions of the heap, and the parts of them in which threads will allocate. The lists come from memory that may be damaged: their lengths are limited, and
/// no region is in two of them.
/// </summary>
internal sealed class HeapRegions
{
    private const int MaxRegions = 1 << 17, MaxThreads = 1 << 17;
    private const int AddressBits = 47;

    private readonly ProcessMemory _memory;
    private readonly List<AddressRange> _regions = [], _contexts = [];

    private HeapRegions(ProcessMemory memory) => _memory = memory;

    /// <summary>By address. They do not overlap.</summary>
    public IReadOnlyList<AddressRange> All => _regions;

    /// <summary>The parts without objects, by address.</summary>
    public IReadOnlyList<AddressRange> Contexts => _contexts;

    /// <summary>Whether nothing of the lists is missing or damaged.</summary>
    public bool IsWhole { get; private set; } = true;

    /// <summary>Whether the collector moved objects.</summary>
    public bool IsMoving { get; private set; }

    /// <summary>Lists the regions.</summary>
    public static HeapRegions List(ProcessMemory memory, CollectorHeaps collector, ThreadLayout threads, AllocationLayout allocation)
    {
        var regions = new HeapRegions(memory);
        regions.IsMoving = collector.InvalidCount != 0 && memory.TryRead(collector.InvalidCount, out int count) && count != 0;
        var known = new HashSet<ulong>();
        foreach (HeapVariables heap in collector.Heaps)
            regions.IsWhole &= regions.TryList(heap, collector.Layout, known);
        regions.IsWhole &= regions.TryListContexts(threads, allocation);
        regions._regions.Sort(static (a, b) => a.Start.CompareTo(b.Start));
        regions._contexts.Sort(static (a, b) => a.Start.CompareTo(b.Start));
        regions.RemoveOverlaps();
        return regions;
    }

    private bool TryList(in HeapVariables heap, RegionLayout layout, HashSet<ulong> known)
    {
        try
        {
            ulong last = _memory.Pointer(heap.Last), allocated = _memory.Pointer(heap.Allocated);
            bool isWhole = true;
            for (uint i = 0; i < layout.Generations; i++)
                isWhole &= TryList(_memory.Pointer(heap.Generations + (i * layout.GenerationBytes) + layout.First), last, allocated, layout, known);
            return isWhole;
        }
        catch (MissingMemoryException)
        {
            return false;
        }
    }

    private bool TryList(ulong first, ulong last, ulong allocated, RegionLayout layout, HashSet<ulong> known)
    {
        for (ulong region = first; region != 0; region = _memory.Pointer(region + layout.Next))
        {
            if (!known.Add(region) || known.Count > MaxRegions)
                return false;
            var range = new AddressRange(_memory.Pointer(region + layout.Memory), region == last ? allocated : _memory.Pointer(region + layout.Allocated));
            if (range.Start == 0 || range.Start > range.End || range.End > _memory.Pointer(region + layout.Committed) || range.End >> AddressBits != 0)
                return false;
            if (range.Start < range.End)
                _regions.Add(range);
        }
        return true;
    }

    /// <summary>Those of all threads, also of threads that have ended.</summary>
    private bool TryListContexts(ThreadLayout threads, AllocationLayout allocation)
    {
        try
        {
            if (allocation.Global != 0)
                AddContext(allocation.Global + allocation.Pointer, allocation.Global + allocation.Limit);
            ulong link = _memory.Pointer(_memory.Pointer(threads.Store) + threads.First);
            for (int i = 0; link != 0; i++)
            {
                if (i == MaxThreads)
                    return false;
                ulong thread = link - threads.LinkTarget;
                if (_memory.Pointer(thread + allocation.OfThread) is var own and not 0)
                    AddContext(own + allocation.Pointer, own + allocation.Limit);
                link = _memory.Pointer(thread + threads.Link);
            }
            return true;
        }
        catch (MissingMemoryException)
        {
            return false;
        }
    }

    private void AddContext(ulong pointer, ulong limit)
    {
        var context = new AddressRange(_memory.Pointer(pointer), _memory.Pointer(limit));
        if (context.Start != 0 && context.Start <= context.End && context.End >> AddressBits == 0)
            _contexts.Add(context with { End = context.End + AllocationLayout.Reserve });
        else
            IsWhole &= context.Start == 0;
    }

    private void RemoveOverlaps()
    {
        ulong end = 0;
        int removed = _regions.RemoveAll(region =>
        {
            bool overlaps = region.Start < end;
            end = overlaps ? end : region.End;
            return overlaps;
        });
        IsWhole &= removed == 0;
    }
}
