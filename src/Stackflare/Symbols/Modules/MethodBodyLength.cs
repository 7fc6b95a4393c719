using System.Buffers.Binary;

namespace Stackflare.Symbols.Modules;

/// <summary>
/// The length of a method's body: a header of 1 byte before up to 63 bytes of IL, or a header of 12 bytes with the length of the IL and, at the next
/// multiple of four, a section with the protected regions (ECMA-335, II.25.4). No assembly has more than one section. The lengths are limited by
/// <see cref="SymbolLimits.MethodBodyBytes"/>.
/// </summary>
internal static class MethodBodyLength
{
    /// <summary>The first part of a body, and of a section, that contains its length.</summary>
    public const int HeaderBytes = 12, SectionHeaderBytes = 4;

    private const int FormatMask = 3, Tiny = 2, HasSection = 8, FatSection = 0x40;

    /// <summary>The length of the header and the IL.</summary>
    /// <param name="header">The first bytes of the body; fewer than <see cref="HeaderBytes"/> at the end of the file.</param>
    /// <param name="hasSection">Whether a section follows.</param>
    /// <exception cref="BadImageFormatException">The header is invalid.</exception>
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

    /// <summary>The length including the section.</summary>
    /// <param name="before">The length before the section, which begins at the next multiple of four.</param>
    /// <param name="header">Its first bytes.</param>
    /// <exception cref="BadImageFormatException">The section is invalid.</exception>
    public static int WithSection(int before, ReadOnlySpan<byte> header)
    {
        if (header.Length < SectionHeaderBytes)
            throw new BadImageFormatException();
        int length = (header[0] & FatSection) != 0 ? (int)(BinaryPrimitives.ReadUInt32LittleEndian(header) >> 8) : header[1];
        return length < SectionHeaderBytes ? throw new BadImageFormatException() : Bounded(Aligned(before) + (long)length);
    }

    /// <summary>The offset of the section.</summary>
    public static int Aligned(int length) => (length + 3) & ~3;

    private static int Bounded(long length) => length <= SymbolLimits.MethodBodyBytes ? (int)length : throw new BadImageFormatException();
}
