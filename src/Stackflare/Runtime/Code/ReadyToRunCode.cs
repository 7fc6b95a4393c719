namespace Stackflare.Runtime.Code;

/// <summary>Finds methods in the code of images that was compiled ahead of time (ReadyToRun).</summary>
internal sealed class ReadyToRunCode(ProcessMemory memory, CodeLayout code, ReadyToRunLayout layout)
{
    private const int MaxFunctions = 1 << 24, MaxHandlers = 1 << 12, MaxSections = 128, MaxCold = 1 << 20, MaxClauses = 1 << 12;

    private readonly Dictionary<(ulong Info, uint Kind), (ulong Start, uint Bytes)> _sections = [];

    /// <summary>The method of a module that contains an address; null if there is none.</summary>
    public CodeBlock? Find(ulong module, ulong image, ulong address)
    {
        ulong info = memory.Pointer(module + layout.Info);
        if (info == 0)
            return null;
        if (memory.Pointer(info + layout.Composite) is var composite and not 0)
            info = composite;
        uint relative = (uint)(address - image), count = memory.Read<uint>(info + layout.FunctionCount);
        ulong functions = memory.Pointer(info + layout.Functions);
        if (count > MaxFunctions || IsThunk(info, relative) || CodeMap.LastAt(memory, code, functions, count, relative) is not { } part)
            return null;
        uint first = part;
        uint? before = null;
        if (HotPartOf(info, part) is { } hot)
        {
            first = hot;
            before = memory.Read<uint>(At(hot) + code.FunctionEnd) - memory.Read<uint>(At(hot) + code.FunctionBegin);
        }
        // The parts of a method follow each other. Only the first has an entry point.
        uint index = first;
        ulong method;
        while ((method = MethodAt(info, image + memory.Read<uint>(At(index) + code.FunctionBegin))) == 0)
        {
            if (index == 0 || first - index > MaxHandlers)
                return null;
            index--;
        }
        uint start = memory.Read<uint>(At(index) + code.FunctionBegin), partStart = memory.Read<uint>(At(part) + code.FunctionBegin);
        return new CodeBlock
        {
            Method = method,
            Start = image + start,
            Base = image,
            PartStart = image + partStart,
            PartEnd = image + memory.Read<uint>(At(part) + code.FunctionEnd),
            PartUnwind = image + memory.Read<uint>(At(part) + code.FunctionUnwind),
            Unwind = image + memory.Read<uint>(At(index) + code.FunctionUnwind),
            IsHandler = index != first,
            IsFilter = index != first && IsFilter(info, image, start, partStart - start),
            MovedTo = before,
            DebugInfo = DebugInfoOf(info, image, index),
            IsAheadOfTime = true,
        };

        ulong At(uint function) => functions + ((ulong)function * code.FunctionBytes);
    }

    /// <summary>Whether the code is a stub that calls the runtime to find a method.</summary>
    private bool IsThunk(ulong info, uint relative)
    {
        ulong thunks = memory.Pointer(info + layout.Thunks);
        return thunks != 0 && relative - memory.Read<uint>(thunks + layout.DirectoryAddress) < memory.Read<uint>(thunks + layout.DirectorySize);
    }

    /// <summary>The function from which a rarely run part was moved away; null if it was not.</summary>
    private uint? HotPartOf(ulong info, uint part)
    {
        uint count = memory.Read<uint>(info + layout.ColdCount);
        ulong map = memory.Pointer(info + layout.ColdMap);
        if (count is 0 or > MaxCold || part < memory.Read<uint>(map))
            return null;
        // Pairs of a part and the function that it belongs to, sorted.
        uint low = 0, high = count / 2;
        while (high - low > 1)
        {
            uint middle = low + ((high - low) / 2);
            if (memory.Read<uint>(map + ((ulong)middle * 2 * sizeof(uint))) <= part)
                low = middle;
            else
                high = middle;
        }
        return memory.Read<uint>(map + (((ulong)low * 2) + 1) * sizeof(uint));
    }

    /// <summary>The method with an entry point, by the runtime's hash map; 0 if there is none.</summary>
    private ulong MethodAt(ulong info, ulong entry)
    {
        ulong buckets = memory.Pointer(info + layout.EntryPoints + layout.Buckets);
        if (buckets == 0)
            return 0;
        // The first bucket is the number of the others.
        uint size = memory.Read<uint>(buckets);
        ulong key = entry < ReadyToRunLayout.SmallestKey ? entry + ReadyToRunLayout.KeyShift : entry;
        if (size <= 1 || layout.SlotsPerBucket > ReadyToRunLayout.MaxSlots)
            return 0;
        uint seed = (uint)(key >> ReadyToRunLayout.SeedShift), step = 1 + (((uint)(key >> ReadyToRunLayout.StepShift) + 1) % (size - 1));
        for (uint i = 0; i < Math.Min(size, MaxFunctions); i++)
        {
            ulong bucket = buckets + ((ulong)((seed % size) + 1) * layout.BucketBytes);
            for (ulong slot = 0; slot < layout.SlotsPerBucket; slot++)
            {
                if (memory.Pointer(bucket + layout.BucketKeys + (slot * sizeof(ulong))) == key)
                    return (memory.Pointer(bucket + layout.BucketValues + (slot * sizeof(ulong))) & layout.ValueMask) << ReadyToRunLayout.ValueShift;
            }
            // The highest bit of the first value says that the search goes on in another bucket.
            if ((memory.Pointer(bucket + layout.BucketValues) & ~layout.ValueMask) == 0)
                return 0;
            seed += step;
        }
        return 0;
    }

    /// <summary>The address of the debug info of a function; 0 if there is none.</summary>
    private ulong DebugInfoOf(ulong info, ulong image, uint function)
    {
        try
        {
            (ulong section, _) = Section(info, image, ReadyToRunLayout.DebugInfoSection);
            return section == 0 ? 0 : NativeArray(section, function);
        }
        catch (MissingMemoryException)
        {
            return 0;
        }
    }

    /// <summary>Whether a filter begins at an offset in a method. If the list of the method's blocks is missing, the answer is no.</summary>
    private bool IsFilter(ulong info, ulong image, uint method, uint offset)
    {
        try
        {
            (ulong table, uint bytes) = Section(info, image, ReadyToRunLayout.ExceptionSection);
            uint low = 0, high = bytes / ReadyToRunLayout.ExceptionBytes;
            while (high - low > 1)
            {
                uint middle = low + ((high - low) / 2);
                if (memory.Read<uint>(table + ((ulong)middle * ReadyToRunLayout.ExceptionBytes)) <= method)
                    low = middle;
                else
                    high = middle;
            }
            ulong entry = table + ((ulong)low * ReadyToRunLayout.ExceptionBytes);
            if (high == 0 || memory.Read<uint>(entry) != method)
                return false;
            uint at = memory.Read<uint>(entry + ReadyToRunLayout.ExceptionClauses);
            uint end = memory.Read<uint>(entry + ReadyToRunLayout.ExceptionBytes + ReadyToRunLayout.ExceptionClauses);
            for (int i = 0; i < MaxClauses && at < end; i++, at += ReadyToRunLayout.ClauseBytes)
            {
                if ((memory.Read<uint>(image + at + ReadyToRunLayout.ClauseFlags) & CodeLayout.ClauseHasFilter) != 0
                    && memory.Read<uint>(image + at + ReadyToRunLayout.ClauseFilter) == offset)
                {
                    return true;
                }
            }
        }
        catch (MissingMemoryException)
        {
        }
        return false;
    }

    private (ulong Start, uint Bytes) Section(ulong info, ulong image, uint kind)
    {
        if (_sections.TryGetValue((info, kind), out (ulong, uint) section))
            return section;
        ulong header = memory.Pointer(info + layout.Header);
        uint count = Math.Min(memory.Read<uint>(header + ReadyToRunLayout.SectionCount), MaxSections);
        for (uint i = 0; i < count && section == default; i++)
        {
            ulong entry = header + ReadyToRunLayout.Sections + (i * ReadyToRunLayout.SectionBytes);
            if (memory.Read<uint>(entry) == kind)
                section = (image + memory.Read<uint>(entry + ReadyToRunLayout.SectionPlace), memory.Read<uint>(entry + ReadyToRunLayout.SectionSize));
        }
        return _sections[(info, kind)] = section;
    }

    /// <summary>
    /// The entry of an image's sparse array with an index, 0 if there is none: a table of trees with 16 leaves each. A node has two bits that say which of
    /// its children are there, and the distance of the second; a leaf that is the only one of its tree has its number.
    /// </summary>
    private ulong NativeArray(ulong array, uint index)
    {
        uint head = Number(array, out ulong table);
        if (index >= head >> 2)
            return 0;
        ulong group = index / ReadyToRunLayout.GroupFunctions;
        ulong at = table + (head & 3) switch
        {
            0 => memory.Read<byte>(table + group),
            1 => memory.Read<ushort>(table + (group * sizeof(ushort))),
            _ => memory.Read<uint>(table + (group * sizeof(uint))),
        };
        for (uint bit = ReadyToRunLayout.GroupFunctions / 2; bit > 0; bit /= 2)
        {
            uint node = Number(at, out ulong next);
            if ((index & bit) != 0 && (node & 2) != 0)
            {
                at += node >> 2;
            }
            else if ((index & bit) == 0 && (node & 1) != 0)
            {
                at = next;
            }
            else if ((node & 3) == 0 && node >> 2 == index % ReadyToRunLayout.GroupFunctions)
            {
                at = next;
                break;
            }
            else
            {
                return 0;
            }
        }
        // Equal debug info is there once; the others have its distance.
        uint back = Number(at, out ulong found);
        return back == 0 ? found : at - back;
    }

    /// <summary>An unsigned number in the format of these images: the lowest bits of the first byte say how many bytes follow.</summary>
    private uint Number(ulong at, out ulong next)
    {
        uint first = memory.Read<byte>(at);
        int more = System.Numerics.BitOperations.TrailingZeroCount(~first);
        if (more >= 4)
        {
            next = at + 1 + sizeof(uint);
            return memory.Read<uint>(at + 1);
        }
        uint value = first >> (more + 1);
        for (int i = 0; i < more; i++)
            value |= (uint)memory.Read<byte>(at + 1 + (ulong)i) << (7 - more + (8 * i));
        next = at + 1 + (ulong)more;
        return value;
    }
}
