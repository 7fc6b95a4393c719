namespace Stackflare.Runtime.Stacks;

/// <summary>
/// Leaves frames of native code by the unwind tables of its libraries, as they are in memory (<c>.eh_frame_hdr</c>, <c>.eh_frame</c>). The formats are
/// described in the Linux Standard Base and in DWARF 5, part 6.4.
/// </summary>
internal sealed class NativeFrames(ProcessMemory memory, MappedImages images)
{
    private const int MaxEntries = 1 << 20;
    private const byte SortedTable = 0x3B; // of pairs of 4 bytes, relative to the header

    private readonly Dictionary<ulong, ulong> _tables = [];

    /// <summary>Restores the registers of the caller. False if the code has no table, or if a part is missing.</summary>
    /// <param name="registers">The registers in the frame; if the result is true, those of its caller.</param>
    /// <param name="isExact">Whether the instruction pointer is the next instruction; then whether that of the caller is.</param>
    public bool TryLeave(ref Registers registers, ref bool isExact)
    {
        try
        {
            ulong ip = isExact ? registers.Ip : registers.Ip - 1;
            if (Table(ip) is not (var table and not 0) || Description(table, ip) is not (var description and not 0))
                return false;
            FrameRules? rules = FrameRules.At(memory, description, ip);
            if (rules is null || !rules.TryApply(memory, ref registers))
                return false;
            // A signal interrupts its caller anywhere.
            isExact = rules.IsSignal;
            return registers.Ip != 0;
        }
        catch (MissingMemoryException)
        {
            return false;
        }
    }

    private ulong Table(ulong ip)
    {
        if (images.At(ip) is not { } image)
            return 0;
        if (!_tables.TryGetValue(image.Start, out ulong table))
            _tables[image.Start] = table = ElfImage.Open(memory, image.Start)?.UnwindTableAddress ?? 0;
        return table;
    }

    /// <summary>The address of the description of the function that contains an address; 0 if there is none.</summary>
    private ulong Description(ulong table, ulong ip)
    {
        var reader = new DwarfReader(memory, table + 4);
        reader.Pointer(memory.Read<byte>(table + 1), table);
        ulong count = reader.Pointer(memory.Read<byte>(table + 2), table);
        if (memory.Read<byte>(table + 3) != SortedTable || count > MaxEntries)
            return 0;
        ulong low = 0, high = count;
        while (low < high)
        {
            ulong middle = (low + high) / 2;
            if (table + (ulong)memory.Read<int>(reader.At + (middle * 8)) <= ip)
                low = middle + 1;
            else
                high = middle;
        }
        return low == 0 ? 0 : table + (ulong)memory.Read<int>(reader.At + ((low - 1) * 8) + 4);
    }
}
