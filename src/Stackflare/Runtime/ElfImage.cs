using System.Text;

namespace Stackflare.Runtime;

/// <summary>An executable or library in a process's memory, by its program headers. Nothing of it is trusted.</summary>
internal sealed class ElfImage
{
    private const int MaxDynamic = 1024, MaxChain = 1 << 16;
    private const ulong StringTable = 5, SymbolTable = 6, GnuHash = 0x6FFFFEF5, SymbolBytes = 24, PageMask = 0xFFF;

    private readonly ProcessMemory _memory;
    private readonly ulong _base, _bias, _dynamic;

    private ElfImage(ProcessMemory memory, ulong address)
    {
        _memory = memory;
        _base = address;
        ElfHeaders headers = ElfHeaders.Open(memory.TryRead, address) ?? throw new MissingMemoryException(address);
        ulong first = ulong.MaxValue, unwind = 0;
        foreach (ElfPart part in headers.ImageParts())
        {
            switch (part.Kind)
            {
                case ElfPart.Load:
                    first = Math.Min(first, part.Address & ~PageMask);
                    break;
                case ElfPart.Dynamic:
                    _dynamic = part.Address;
                    break;
                case ElfPart.UnwindTable:
                    unwind = part.Address;
                    break;
            }
        }
        _bias = address - first;
        UnwindTableAddress = unwind == 0 ? 0 : _bias + unwind;
    }

    /// <summary>What is added to the addresses in the file.</summary>
    public ulong Bias => _bias;

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
        byte[] wanted = Encoding.ASCII.GetBytes(name + "\0"), text = new byte[wanted.Length];
        for (int i = 0; i < MaxChain && index >= first; i++, index++)
        {
            uint found = _memory.Read<uint>(chain + ((index - first) * 4ul));
            ulong symbol = symbols + (index * SymbolBytes);
            // The lowest bit marks the end of the chain.
            if ((found | 1) == (hash | 1) && _memory.TryRead(strings + _memory.Read<uint>(symbol), text) && text.AsSpan().SequenceEqual(wanted))
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
