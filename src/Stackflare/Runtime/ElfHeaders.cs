using System.Buffers.Binary;

namespace Stackflare.Runtime;

/// <summary>Reads from a file or from memory. False if a part is missing.</summary>
internal delegate bool ByteReader(ulong at, Span<byte> to);

/// <summary>A part of an executable, a library or a core, as its program header describes it.</summary>
/// <param name="Kind">What it is: one of the constants.</param>
/// <param name="IsWritable">Whether the program may write to it.</param>
/// <param name="Position">Its place in the file.</param>
/// <param name="Address">Its address in memory, before the loader moves it.</param>
/// <param name="FileBytes">How many bytes of it are in the file.</param>
/// <param name="MemoryBytes">How many bytes it has in memory.</param>
internal readonly record struct ElfPart(uint Kind, bool IsWritable, ulong Position, ulong Address, ulong FileBytes, ulong MemoryBytes)
{
    public const uint Load = 1, Dynamic = 2, Note = 4, UnwindTable = 0x6474E550;
}

/// <summary>The headers of an ELF file for 64 bits, in a file or in memory: elf(5). Nothing of it is trusted.</summary>
internal sealed class ElfHeaders
{
    /// <summary>No executable or library has more parts. A core has one for each range of memory.</summary>
    public const uint MaxImageParts = 256;

    private const int HeaderBytes = 64, PartBytes = 56;
    private const ushort CountIsElsewhere = 0xFFFF;
    private const uint Writable = 2;

    private readonly ByteReader _read;
    private readonly ulong _parts;

    private ElfHeaders(ByteReader read, ulong start, ReadOnlySpan<byte> header)
    {
        _read = read;
        _parts = start + BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
        Kind = BinaryPrimitives.ReadUInt16LittleEndian(header[16..]);
        Machine = BinaryPrimitives.ReadUInt16LittleEndian(header[18..]);
        // 64 bits, the lowest byte first.
        HasKnownForm = header[4..].StartsWith((ReadOnlySpan<byte>)[2, 1]);
        Count = BinaryPrimitives.ReadUInt16LittleEndian(header[56..]);
        Span<byte> section = stackalloc byte[HeaderBytes];
        if (Count == CountIsElsewhere && read(start + BinaryPrimitives.ReadUInt64LittleEndian(header[40..]), section))
            Count = BinaryPrimitives.ReadUInt32LittleEndian(section[44..]);
    }

    /// <summary>Whether it is an executable, a library or a core.</summary>
    public ushort Kind { get; }

    public ushort Machine { get; }

    /// <summary>Whether numbers have 64 bits, the lowest byte first. Otherwise, nothing but the kind can be read.</summary>
    public bool HasKnownForm { get; }

    /// <summary>How many parts it claims to have.</summary>
    public uint Count { get; }

    /// <summary>The headers; null if they are missing, or if it is no ELF file.</summary>
    /// <param name="read">Reads the file, or the memory into which it was mapped.</param>
    /// <param name="start">Where it begins there.</param>
    public static ElfHeaders? Open(ByteReader read, ulong start)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        return read(start, header) && header.StartsWith("\u007fELF"u8) ? new ElfHeaders(read, start, header) : null;
    }

    /// <summary>The parts of an executable or a library, up to the first that is missing.</summary>
    public IEnumerable<ElfPart> ImageParts()
    {
        for (uint i = 0; i < Math.Min(Count, MaxImageParts) && TryPart(i, out ElfPart part); i++)
            yield return part;
    }

    /// <summary>One part. False if its header is missing.</summary>
    public bool TryPart(uint index, out ElfPart part)
    {
        Span<byte> bytes = stackalloc byte[PartBytes];
        part = default;
        if (!HasKnownForm || !_read(_parts + (index * (ulong)PartBytes), bytes))
            return false;
        part = new ElfPart(
            BinaryPrimitives.ReadUInt32LittleEndian(bytes), (BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) & Writable) != 0,
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..]));
        return true;
    }
}
