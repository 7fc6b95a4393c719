namespace Stackflare.Runtime.Heap;

/// <summary>The generations of one heap of the collector, by the addresses of its variables.</summary>
/// <param name="Generations">The first generation.</param>
/// <param name="Last">The variable with the last region of the youngest generation.</param>
/// <param name="Allocated">The variable with the end of that region's objects.</param>
internal readonly record struct HeapVariables(ulong Generations, ulong Last, ulong Allocated);

/// <summary>Where the collector has its structures: by its own descriptor since .NET 11; before, by what it says to debuggers.</summary>
internal sealed class CollectorHeaps
{
    /// <summary>The server collector has one for each processor.</summary>
    private const int MaxHeaps = 1 << 10;

    private CollectorHeaps(RegionLayout layout, IReadOnlyList<HeapVariables> heaps, ulong invalidCount) => (Layout, Heaps, InvalidCount) = (layout, heaps, invalidCount);

    public RegionLayout Layout { get; }

    public IReadOnlyList<HeapVariables> Heaps { get; }

    /// <summary>The variable that is not 0 while the collector moves objects.</summary>
    public ulong InvalidCount { get; }

    /// <summary>Finds the heaps; null if the collector has no regions, or if its structures are not known.</summary>
    /// <param name="memory">The process's memory.</param>
    /// <param name="layout">The table of the heap's layout.</param>
    /// <param name="debuggerTable">The address of the runtime's table for debuggers; 0 if it is not known.</param>
    /// <exception cref="MissingMemoryException">Variables of the collector are missing.</exception>
    public static CollectorHeaps? Find(ProcessMemory memory, HeapLayout layout, ulong debuggerTable)
    {
        if (layout.Regions is { } regions)
        {
            return regions.GenerationBytes is 0 or > RegionLayout.MaxGenerationBytes || regions.Generations is 0 or > RegionLayout.MaxGenerations ? null
                : layout.ManyHeaps is { } many ? new(regions, [.. Many(memory, many.Heaps, many.Count, many.Generations, many.Last, many.Allocated)], regions.InvalidCount)
                : layout.OneHeap is { } one ? new(regions, [new(one.Generations, one.Last, one.Allocated)], regions.InvalidCount)
                : null;
        }
        return debuggerTable == 0 ? null : ForDebuggers(memory, debuggerTable);
    }

    /// <summary>What the collector says to debuggers is one of the things that the table names. It is recognized by what it must contain.</summary>
    private static CollectorHeaps? ForDebuggers(ProcessMemory memory, ulong table)
    {
        RegionLayout layout = RegionLayout.Net10;
        for (ulong i = 0; i < DebuggerLayout.MaxEntries; i++)
        {
            if (!memory.TryRead(table + (i * sizeof(ulong)), out ulong variable) || !memory.TryRead(variable, out ulong at) || !memory.TryRead(at, out byte major)
                || major != DebuggerLayout.Major || !memory.TryRead(at + DebuggerLayout.GenerationBytes, out ulong bytes) || bytes != layout.GenerationBytes
                || !memory.TryRead(at + DebuggerLayout.Generations, out ulong count) || count != layout.Generations)
            {
                continue;
            }
            byte variant = memory.Read<byte>(memory.Pointer(at + DebuggerLayout.Variant));
            if ((variant & DebuggerLayout.HasRegions) == 0)
                return null;
            ulong generations = memory.Pointer(at + DebuggerLayout.GenerationTable), heaps = memory.Pointer(at + DebuggerLayout.Heaps);
            return new CollectorHeaps(
                layout,
                heaps == 0 ? [new(generations, memory.Pointer(at + DebuggerLayout.Last), memory.Pointer(at + DebuggerLayout.Allocated))] : [.. Many(memory, at)],
                memory.Pointer(at + DebuggerLayout.InvalidCount));
        }
        return null;
    }

    private static IEnumerable<HeapVariables> Many(ProcessMemory memory, ulong at)
    {
        ulong offsets = memory.Pointer(at + DebuggerLayout.Offsets);
        return Many(
            memory, memory.Pointer(at + DebuggerLayout.Heaps), memory.Pointer(at + DebuggerLayout.Count),
            Offset(DebuggerLayout.GenerationsOffset), Offset(DebuggerLayout.LastOffset), Offset(DebuggerLayout.AllocatedOffset));

        uint Offset(uint index) => memory.Read<uint>(offsets + (index * DebuggerLayout.OffsetBytes));
    }

    private static IEnumerable<HeapVariables> Many(ProcessMemory memory, ulong list, ulong count, uint generations, uint last, uint allocated)
    {
        ulong heaps = memory.Pointer(list);
        int number = Math.Clamp(memory.Read<int>(count), 0, MaxHeaps);
        for (int i = 0; i < number; i++)
        {
            ulong heap = memory.Pointer(heaps + ((ulong)i * sizeof(ulong)));
            yield return new HeapVariables(heap + generations, heap + last, heap + allocated);
        }
    }
}
