using System.Numerics;
using System.Text;

namespace Stackflare.Runtime.Types;

/// <summary>
/// The image of an assembly in a process's memory: enough of its headers to identify it and to copy it. The formats are those of ECMA-335. Nothing of it is
/// trusted.
/// </summary>
internal sealed class PortableImage
{
    private const uint Signature = 0x00004550, MetadataSignature = 0x424A5342;
    private const int MaxHeaderOffset = 1 << 16, MaxSections = 96, MaxStreams = 16, MaxVersionText = 256, MaxName = 32;

    private readonly ProcessMemory _memory;
    private readonly ulong _base;
    private readonly bool _isMapped;
    private readonly (uint Address, uint RawSize, uint Raw)[] _sections;
    private readonly uint _imageSize;

    private PortableImage(ProcessMemory memory, ulong address, bool isMapped)
    {
        _memory = memory;
        _base = address;
        _isMapped = isMapped;
        uint header = memory.Read<uint>(address + 0x3C);
        if (header > MaxHeaderOffset || memory.Read<uint>(address + header) != Signature)
            throw new MissingMemoryException(address);
        ulong coff = address + header + 4, optional = coff + 20;
        ushort magic = memory.Read<ushort>(optional), sections = memory.Read<ushort>(coff + 2);
        if (magic is not (0x10B or 0x20B) || sections > MaxSections)
            throw new MissingMemoryException(optional);
        _imageSize = memory.Read<uint>(optional + 56);
        PreferredBase = magic == 0x20B ? memory.Pointer(optional + 24) : memory.Read<uint>(optional + 28);
        _sections = new (uint, uint, uint)[sections];
        ulong at = optional + memory.Read<ushort>(coff + 16);
        for (int i = 0; i < sections; i++, at += 40)
            _sections[i] = (memory.Read<uint>(at + 12), memory.Read<uint>(at + 16), memory.Read<uint>(at + 20));
        ulong runtimeHeader = At(memory.Read<uint>(optional + (magic == 0x20B ? 112ul : 96ul) + (14 * 8)));
        Metadata = At(memory.Read<uint>(runtimeHeader + 8));
        MetadataSize = memory.Read<uint>(runtimeHeader + 12);
    }

    /// <summary>The address for which the addresses in the file are right.</summary>
    public ulong PreferredBase { get; }

    /// <summary>The address of the metadata.</summary>
    public ulong Metadata { get; }

    public uint MetadataSize { get; }

    /// <summary>How many bytes the image has in memory.</summary>
    public uint Size => _isMapped ? _imageSize : (uint)Math.Min(SectionEnds.DefaultIfEmpty().Max(), uint.MaxValue);

    /// <summary>Where each section ends in the file.</summary>
    public IEnumerable<ulong> SectionEnds => _sections.Select(static s => (ulong)s.Raw + s.RawSize);

    /// <summary>The image at an address; null if its headers are missing or damaged.</summary>
    /// <param name="memory">The process's memory.</param>
    /// <param name="address">Where it begins.</param>
    /// <param name="isMapped">Whether its sections are where they belong in memory; otherwise, it is as in a file.</param>
    public static PortableImage? Open(ProcessMemory memory, ulong address, bool isMapped)
    {
        try
        {
            return new PortableImage(memory, address, isMapped);
        }
        catch (MissingMemoryException)
        {
            return null;
        }
    }

    /// <summary>The module version id; null if it is missing.</summary>
    public Guid? Mvid()
    {
        try
        {
            if (_memory.Read<uint>(Metadata) != MetadataSignature || (Stream("#~") ?? Stream("#-")) is not var (tables, _) || Stream("#GUID") is not var (guids, size))
                return null;
            byte heapSizes = _memory.Read<byte>(tables + 6);
            ulong valid = _memory.Read<ulong>(tables + 8);
            // The Module table is the first, with one row: generation, name, MVID.
            ulong row = tables + 24 + (4ul * (uint)BitOperations.PopCount(valid)), mvid = row + 2 + ((heapSizes & 1) != 0 ? 4ul : 2ul);
            uint index = (heapSizes & 2) != 0 ? _memory.Read<uint>(mvid) : _memory.Read<ushort>(mvid);
            return (valid & 1) == 0 || index == 0 || (ulong)index * 16 > size ? null : _memory.Read<Guid>(guids + ((index - 1) * 16ul));
        }
        catch (MissingMemoryException)
        {
            return null;
        }
    }

    private (ulong Address, uint Size)? Stream(string name)
    {
        uint version = _memory.Read<uint>(Metadata + 12);
        if (version > MaxVersionText)
            return null;
        ulong at = Metadata + 16 + version + 2;
        int count = Math.Min((int)_memory.Read<ushort>(at), MaxStreams);
        at += 2;
        for (int i = 0; i < count; i++)
        {
            string found = Name(at + 8);
            if (found == name)
                return (Metadata + _memory.Read<uint>(at), _memory.Read<uint>(at + 4));
            at += 8 + (ulong)((found.Length + 4) & ~3);
        }
        return null;
    }

    private string Name(ulong at)
    {
        var name = new StringBuilder();
        for (byte next; name.Length < MaxName && (next = _memory.Read<byte>(at + (ulong)name.Length)) != 0;)
            name.Append((char)next);
        return name.ToString();
    }

    private ulong At(uint relative)
    {
        if (_isMapped)
            return _base + relative;
        foreach ((uint address, uint rawSize, uint raw) in _sections)
        {
            if (relative >= address && relative - address < rawSize)
                return _base + raw + (relative - address);
        }
        throw new MissingMemoryException(_base);
    }
}
