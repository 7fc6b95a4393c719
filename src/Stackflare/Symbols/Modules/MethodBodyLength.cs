using System.Buffers.Binary;

namespace Stackflare.Symbols.Modules;

/// <summary>
/// How long a method's body is: a header of 1 byte before up to 63 bytes of IL, or one of 12 that has the length of the IL, and after that, at the next multiple of four, a section that says which
/// regions are protected (ECMA-335, II.25.4). More than one section is in no assembly. Lengths that are told are bounded by <see cref="SymbolLimits.MethodBodyBytes"/>.
/// </summary>
internal static class MethodBodyLength
{
    /// <summary>As much of a body, and of a section, as has its length.</summary>
    public const int HeaderBytes = 12, SectionHeaderBytes = 4;

    private const int FormatMask = 3, Tiny = 2, HasSection = 8, FatSection = 0x40;

    /// <summary>The length of the header and the IL.</summary>
    /// <param name="header">The first bytes of the body; fewer than <see cref="HeaderBytes"/> where the file ends.</param>
    /// <param name="hasSection">Whether a section follows.</param>
    /// <exception cref="BadImageFormatException">It is no header.</exception>
    public static int OfCode(ReadOnlySpan<byte> header, out bool hasSection)
    {
        hasSection = false;
        if ((header[0] & FormatMask) == Tiny)
            return 1 + (header[0] >> 2);
        if (header.Length < HeaderBytes)
            throw new BadImageFormatException();
        hasSection = (header[0] & HasSection) != 0;
        return Bounded(HeaderBytes + (long)BinaryPrimitives.ReadUInt32LittleEndian(header[4..]));
    }

    /// <summary>The length up to the end of the section.</summary>
    /// <param name="before">The length of what is before it; it begins at the next multiple of four.</param>
    /// <param name="header">Its first bytes.</param>
    /// <exception cref="BadImageFormatException">It is no section.</exception>
    public static int WithSection(int before, ReadOnlySpan<byte> header)
    {
        if (header.Length < SectionHeaderBytes)
            throw new BadImageFormatException();
        int length = (header[0] & FatSection) != 0 ? (int)(BinaryPrimitives.ReadUInt32LittleEndian(header) >> 8) : header[1];
        return length < SectionHeaderBytes ? throw new BadImageFormatException() : Bounded(Aligned(before) + (long)length);
    }

    /// <summary>Where the section begins.</summary>
    public static int Aligned(int length) => (length + 3) & ~3;

    private static int Bounded(long length) => length <= SymbolLimits.MethodBodyBytes ? (int)length : throw new BadImageFormatException();
}
