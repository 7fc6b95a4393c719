namespace Stackflare.Processes;

/// <summary>
/// The mark in the executable of a single-file application: 32 bytes, a hash. The 8 bytes before it are the position of the table of the files behind the
/// host; 0 in a host without files.
/// </summary>
internal static class BundleMark
{
    public const int Length = 32;

    /// <summary>Each byte is inverted, so that an executable that contains this code does not contain the mark twice.</summary>
    private static ReadOnlySpan<byte> Inverted =>
    [
        0x74, 0xED, 0xFD, 0x46, 0x95, 0x9E, 0xDF, 0xC7, 0x8D, 0x84, 0x6C, 0xFD, 0xEB, 0x28, 0x5F, 0xCD,
        0xEC, 0x0A, 0x46, 0x19, 0x10, 0x51, 0xCC, 0xE7, 0x11, 0xC4, 0xD2, 0x31, 0xDB, 0x4C, 0x95, 0x51,
    ];

    /// <summary>Writes the mark into a buffer of its length.</summary>
    public static void Write(Span<byte> to)
    {
        for (int i = 0; i < Length; i++)
            to[i] = (byte)~Inverted[i];
    }
}
