using System.Buffers.Binary;

namespace Stackflare.Runtime;

/// <summary>Reads from a file or from memory. False if a part is missing.</summary>
internal delegate bool ByteReader(ulong at, Span<byte> to);

/// <summary>The build id of an executable or library: a note that the linker writes.</summary>
internal static class ElfBuildId
{
    private const int HeaderBytes = 64, ProgramHeaderBytes = 56, MaxHeaders = 64, MaxNotes = 1024;
    private const uint Note = 4, BuildId = 3;

    /// <summary>The id; null if there is none, or if it is missing.</summary>
    /// <param name="read">Reads the file, or the memory into which it was mapped.</param>
    /// <param name="start">Where it begins there.</param>
    public static byte[]? Find(ByteReader read, ulong start)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (!read(start, header) || !header.StartsWith("\u007fELF\u0002"u8))
            return null;
        ulong at = start + BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
        int count = Math.Min((int)BinaryPrimitives.ReadUInt16LittleEndian(header[56..]), MaxHeaders);
        header = header[..ProgramHeaderBytes];
        for (int i = 0; i < count; i++, at += ProgramHeaderBytes)
        {
            if (!read(at, header))
                return null;
            // Notes are in the first part of a file, where positions are the same as distances in memory.
            if (BinaryPrimitives.ReadUInt32LittleEndian(header) == Note && InNotes(
                read, start + BinaryPrimitives.ReadUInt64LittleEndian(header[8..]), BinaryPrimitives.ReadUInt64LittleEndian(header[32..])) is { } id)
            {
                return id;
            }
        }
        return null;
    }

    private static byte[]? InNotes(ByteReader read, ulong at, ulong length)
    {
        if (length > MaxNotes)
            return null;
        byte[] bytes = new byte[length];
        if (!read(at, bytes))
            return null;
        ReadOnlySpan<byte> rest = bytes;
        while (rest.Length >= 12)
        {
            uint name = BinaryPrimitives.ReadUInt32LittleEndian(rest), size = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
            uint kind = BinaryPrimitives.ReadUInt32LittleEndian(rest[8..]);
            if (name > MaxNotes || size > MaxNotes)
                return null;
            int content = 12 + (int)((name + 3) & ~3u), next = content + (int)((size + 3) & ~3u);
            if (content + size > rest.Length)
                return null;
            if (kind == BuildId && rest[12..].StartsWith("GNU\0"u8))
                return rest.Slice(content, (int)size).ToArray();
            rest = rest[Math.Min(next, rest.Length)..];
        }
        return null;
    }
}
