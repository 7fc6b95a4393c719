namespace Stackflare.Runtime.Code;

/// <summary>
/// Finds the compiled method that contains an address, as the runtime does it: contract ExecutionManager, described in docs/design/datacontracts of the
/// runtime's repository.
/// </summary>
internal sealed class CodeMap(ProcessMemory memory, CodeLayout layout, ReadyToRunCode? images)
{
    /// <summary>Few sections share 128 KB, and no method has so many parts: a larger number is damaged memory.</summary>
    private const int MaxFragments = 1024, MaxParts = 1 << 16, MaxClauses = 1 << 12;

    private const int MapIndexMask = (1 << CodeLayout.MapLevelBits) - 1;

    private readonly Dictionary<ulong, CodeBlock?> _known = [];

    /// <summary>The method; null if no managed code is there, or if its description is missing.</summary>
    public CodeBlock? Find(ulong address)
    {
        if (!_known.TryGetValue(address, out CodeBlock? block))
        {
            try
            {
                block = Section(address) is var section and not 0 ? InSection(section, address) : null;
            }
            catch (MissingMemoryException)
            {
                block = null;
            }
            _known[address] = block;
        }
        return block;
    }

    /// <summary>Whether an address is in code that the runtime makes itself, such as a stub that finds out which method to call.</summary>
    public bool IsOfRuntime(ulong address)
    {
        try
        {
            return Section(address) != 0 && Find(address) is null;
        }
        catch (MissingMemoryException)
        {
            return false;
        }
    }

    /// <summary>The start of the image with compiled code that contains an address; 0 if there is none.</summary>
    public ulong ImageAt(ulong address)
    {
        try
        {
            return Section(address) is var section and not 0 && memory.Pointer(section + layout.SectionModule) != 0 ? memory.Pointer(section + layout.SectionBegin) : 0;
        }
        catch (MissingMemoryException)
        {
            return 0;
        }
    }

    private ulong Section(ulong address)
    {
        if (address >> (CodeLayout.MapLowestBit + (CodeLayout.MapLevels * CodeLayout.MapLevelBits)) != 0)
            return 0;
        ulong table = layout.Map;
        for (int level = CodeLayout.MapLevels - 1; level >= 0; level--)
        {
            ulong index = (address >> (CodeLayout.MapLowestBit + (level * CodeLayout.MapLevelBits))) & MapIndexMask;
            table = memory.Pointer(table + (index * sizeof(ulong))) & ~CodeLayout.MapMark;
            if (table == 0)
                return 0;
        }
        // The lowest level has a list of the sections in 128 KB.
        ulong fragment = table;
        for (int i = 0; i < MaxFragments && fragment != 0; i++)
        {
            if (address >= memory.Pointer(fragment + layout.FragmentBegin) && address < memory.Pointer(fragment + layout.FragmentEnd))
                return memory.Pointer(fragment + layout.FragmentSection);
            fragment = memory.Pointer(fragment + layout.FragmentNext) & ~CodeLayout.MapMark;
        }
        return 0;
    }

    private CodeBlock? InSection(ulong section, ulong address)
    {
        ulong begin = memory.Pointer(section + layout.SectionBegin), module = memory.Pointer(section + layout.SectionModule);
        if (module != 0)
            return images?.Find(module, begin, address);
        ulong heap = memory.Pointer(section + layout.SectionHeaps);
        return (memory.Read<uint>(section + layout.SectionFlags) & CodeLayout.SectionIsCodeHeap) == 0 || heap == 0 ? null
            : Start(heap, address) is var start and not 0 ? Compiled(begin, start, address)
            : null;
    }

    /// <summary>The start of the method that contains an address of a code heap, by the heap's map; 0 if there is none.</summary>
    private ulong Start(ulong heap, ulong address)
    {
        if (address < memory.Pointer(heap + layout.HeapStart) || address > memory.Pointer(heap + layout.HeapEnd))
            return 0;
        ulong from = memory.Pointer(heap + layout.HeapBase), map = memory.Pointer(heap + layout.HeapMap);
        ulong unit = (address - from) >> CodeLayout.MapUnitBits;
        uint place = (uint)((address - from) & ((1 << CodeLayout.MapUnitBits) - 1)) >> CodeLayout.MapStepBits;
        for (int words = 0; words < 2; words++)
        {
            ulong word = unit / CodeLayout.MapWordUnits;
            uint value = memory.Read<uint>(map + (word * sizeof(uint)));
            if ((value & CodeLayout.MapNibble) > CodeLayout.MapIsPlace)
                return from + (value & ~CodeLayout.MapNibble) + ((ulong)((value & CodeLayout.MapNibble) - CodeLayout.MapPlaceBias) << CodeLayout.MapStepBits);
            for (int i = (int)(unit % CodeLayout.MapWordUnits); i >= 0; i--)
            {
                uint nibble = (value >> ((CodeLayout.MapWordUnits - 1 - i) * CodeLayout.MapNibbleBits)) & CodeLayout.MapNibble;
                // In the address's own unit, a method may start behind it.
                bool isOwn = words == 0 && i == (int)(unit % CodeLayout.MapWordUnits);
                if (nibble != 0 && (!isOwn || nibble - 1 <= place))
                    return from + (((word * CodeLayout.MapWordUnits) + (ulong)i) << CodeLayout.MapUnitBits) + ((ulong)(nibble - 1) << CodeLayout.MapStepBits);
            }
            // A method that starts before the preceding word would have its place there.
            if (word == 0)
                break;
            unit = (word * CodeLayout.MapWordUnits) - 1;
        }
        return 0;
    }

    private CodeBlock? Compiled(ulong sectionBegin, ulong start, ulong address)
    {
        ulong header = memory.Pointer(start - sizeof(ulong));
        if (header <= layout.LastStub)
            return null;
        uint count = memory.Read<uint>(header + layout.HeaderUnwindCount);
        if (count is 0 or > MaxParts)
            return null;
        ulong parts = header + layout.HeaderUnwind;
        uint part = LastAt(memory, layout, parts, count, (uint)(address - sectionBegin)) ?? 0;
        ulong function = parts + (part * layout.FunctionBytes), partStart = sectionBegin + memory.Read<uint>(function + layout.FunctionBegin);
        return new CodeBlock
        {
            Method = memory.Pointer(header + layout.HeaderMethod),
            Start = start,
            Base = sectionBegin,
            PartStart = partStart,
            PartEnd = sectionBegin + memory.Read<uint>(function + layout.FunctionEnd),
            PartUnwind = sectionBegin + memory.Read<uint>(function + layout.FunctionUnwind),
            Unwind = sectionBegin + memory.Read<uint>(parts + layout.FunctionUnwind),
            IsHandler = part > 0,
            IsFilter = part > 0 && IsFilter(memory.Pointer(header + layout.HeaderClauses), (uint)(partStart - start)),
            DebugInfo = memory.Pointer(header + layout.HeaderDebug),
        };
    }

    /// <summary>Whether a filter begins at an offset in the method. A core that has only stacks lacks the list; then the answer is no.</summary>
    private bool IsFilter(ulong list, uint offset)
    {
        if (list == 0 || !memory.TryRead(list - sizeof(ulong), out ulong count))
            return false;
        for (ulong i = 0; i < Math.Min(count, MaxClauses); i++)
        {
            ulong clause = list + layout.Clauses + (i * layout.ClauseBytes);
            if (memory.TryRead(clause + layout.ClauseFlags, out uint flags) && (flags & CodeLayout.ClauseHasFilter) != 0
                && memory.TryRead(clause + layout.ClauseFilter, out uint filter) && filter == offset)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>The last function of a sorted table that begins at or before a relative address; null if there is none.</summary>
    internal static uint? LastAt(ProcessMemory memory, CodeLayout layout, ulong table, uint count, uint address)
    {
        uint low = 0, high = count;
        while (low < high)
        {
            uint middle = low + ((high - low) / 2);
            if (memory.Read<uint>(table + ((ulong)middle * layout.FunctionBytes) + layout.FunctionBegin) <= address)
                low = middle + 1;
            else
                high = middle;
        }
        return low == 0 ? null : low - 1;
    }
}
