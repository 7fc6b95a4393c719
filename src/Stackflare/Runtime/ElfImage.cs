using System.Text;

namespace Stackflare.Runtime;

/// <summary>An executable or library in a process's memory, by its program headers. Nothing of it is trusted.</summary>
internal sealed class ElfImage
{
    private const uint Magic = 0x464C457F;
    private const int MaxHeaders = 256, MaxDynamic = 1024, MaxChain = 1 << 16, HeaderBytes = 56;
    private const uint Load = 1, Dynamic = 2, UnwindTable = 0x6474E550;
    private const ulong StringTable = 5, SymbolTable = 6, GnuHash = 0x6FFFFEF5, SymbolBytes = 24, PageMask = 0xFFF;

    private readonly ProcessMemory _memory;
    private readonly ulong _base, _bias, _dynamic;

    private ElfImage(ProcessMemory memory, ulong address)
    {
        _memory = memory;
        _base = address;
        if (memory.Read<uint>(address) != Magic)
            throw new MissingMemoryException(address);
        ulong headers = address + memory.Pointer(address + 32), first = ulong.MaxValue, unwind = 0;
        int count = Math.Min((int)memory.Read<ushort>(address + 56), MaxHeaders);
        for (int i = 0; i < count; i++)
        {
            ulong header = headers + ((ulong)i * HeaderBytes), place = memory.Pointer(header + 16);
            switch (memory.Read<uint>(header))
            {
                case Load:
                    first = Math.Min(first, place & ~PageMask);
                    break;
                case Dynamic:
                    _dynamic = place;
                    break;
                case UnwindTable:
                    unwind = place;
                    break;
            }
        }
        _bias = address - first;
        UnwindTableAddress = unwind == 0 ? 0 : _bias + unwind;
    }

    /// <summary>The address of the table of native frames (<c>.eh_frame_hdr</c>); 0 if there is none.</summary>
    public ulong UnwindTableAddress { get; }

    /// <summary>The image at an address; null if its headers are missing, or if there is none.</summary>
    public static ElfImage? Open(ProcessMemory memory, ulong address)
    {
        try
        {
            return new ElfImage(memory, address);
        }
        catch (MissingMemoryException)
        {
            return null;
        }
    }

    /// <summary>The address of an exported symbol; 0 if there is none.</summary>
    public ulong Export(string name)
    {
        try
        {
            return _dynamic == 0 ? 0 : Find(name);
        }
        catch (MissingMemoryException)
        {
            return 0;
        }
    }

    private ulong Find(string name)
    {
        ulong symbols = 0, strings = 0, hashes = 0, at = _bias + _dynamic;
        for (int i = 0; i < MaxDynamic && _memory.Pointer(at) is var tag and not 0; i++, at += 2 * sizeof(ulong))
        {
            ulong value = _memory.Pointer(at + sizeof(ulong));
            // The loader replaces relative addresses by absolute ones; what comes from a file still has the former.
            value = value < _base ? value + _bias : value;
            (symbols, strings, hashes) = tag switch
            {
                SymbolTable => (value, strings, hashes),
                StringTable => (symbols, value, hashes),
                GnuHash => (symbols, strings, value),
                _ => (symbols, strings, hashes),
            };
        }
        if (symbols == 0 || strings == 0 || hashes == 0)
            return 0;
        uint hash = HashOf(name), buckets = _memory.Read<uint>(hashes), first = _memory.Read<uint>(hashes + 4), words = _memory.Read<uint>(hashes + 8);
        if (buckets == 0)
            return 0;
        ulong bucketsAt = hashes + 16 + (words * 8ul), chain = bucketsAt + (buckets * 4ul);
        uint index = _memory.Read<uint>(bucketsAt + (hash % buckets * 4ul));
        for (int i = 0; i < MaxChain && index >= first; i++, index++)
        {
            uint found = _memory.Read<uint>(chain + ((index - first) * 4ul));
            ulong symbol = symbols + (index * SymbolBytes);
            // The lowest bit marks the end of the chain.
            if ((found | 1) == (hash | 1) && _memory.Utf8Text(strings + _memory.Read<uint>(symbol)) == name)
                return _bias + _memory.Pointer(symbol + 8);
            if ((found & 1) != 0)
                break;
        }
        return 0;
    }

    private static uint HashOf(string name)
    {
        uint hash = 5381;
        foreach (byte character in Encoding.ASCII.GetBytes(name))
            hash = (hash * 33) + character;
        return hash;
    }
}
