namespace Stackflare.Runtime.Stacks;

/// <summary>Reads the variable-length numbers and the encoded addresses of native unwind tables, one after the other.</summary>
internal struct DwarfReader(ProcessMemory memory, ulong at)
{
    private const int MaxBits = 63;
    private const byte Omitted = 0xFF, FormMask = 0x0F, BaseMask = 0x70, FromHere = 0x10, FromData = 0x30, Indirect = 0x80;

    /// <summary>The address of the next byte.</summary>
    public ulong At { get; set; } = at;

    public T Next<T>()
        where T : unmanaged
    {
        T value = memory.Read<T>(At);
        At += (ulong)System.Runtime.CompilerServices.Unsafe.SizeOf<T>();
        return value;
    }

    public ulong Unsigned()
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = Next<byte>();
            if (shift > MaxBits)
                throw new MissingMemoryException(At);
            value |= (ulong)(next & 0x7F) << shift;
            if ((next & 0x80) == 0)
                return value;
        }
    }

    public long Signed()
    {
        long value = 0;
        for (int shift = 0; ;)
        {
            byte next = Next<byte>();
            if (shift > MaxBits)
                throw new MissingMemoryException(At);
            value |= (long)(next & 0x7F) << shift;
            shift += 7;
            if ((next & 0x80) == 0)
                return (next & 0x40) != 0 && shift <= MaxBits ? value | (-1L << shift) : value;
        }
    }

    /// <summary>An address in one of the encodings of these tables.</summary>
    public ulong Pointer(byte encoding, ulong data)
    {
        if (encoding == Omitted)
            return 0;
        ulong here = At;
        ulong value = (encoding & FormMask) switch
        {
            0 or 4 or 12 => Next<ulong>(),
            1 => Unsigned(),
            2 => Next<ushort>(),
            3 => Next<uint>(),
            9 => (ulong)Signed(),
            10 => (ulong)Next<short>(),
            11 => (ulong)Next<int>(),
            _ => throw new MissingMemoryException(here),
        };
        if (value == 0)
            return 0;
        value += (encoding & BaseMask) switch { FromHere => here, FromData => data, _ => 0 };
        return (encoding & Indirect) != 0 ? memory.Pointer(value) : value;
    }
}
