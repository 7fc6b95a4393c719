using System.Buffers.Binary;

namespace Stackflare.Runtime;

/// <summary>The build id of an executable or library: a note that the linker writes.</summary>
internal static class ElfBuildId
{
    private const int MaxNotes = 1024;
    private const uint BuildId = 3;

    /// <summary>The id; null if there is none, or if it is missing.</summary>
    /// <param name="read">Reads the file, or the memory into which it was mapped.</param>
    /// <param name="start">Where it begins there.</param>
    public static byte[]? Find(ByteReader read, ulong start) => ElfHeaders.Open(read, start)?.ImageParts()
        .Where(static p => p.Kind == ElfPart.Note)
        // Notes are in the first part of a file, where positions are the same as distances in memory.
        .Select(part => InNotes(read, start + part.Position, part.FileBytes))
        .FirstOrDefault(static id => id is not null);

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
