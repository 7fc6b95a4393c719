using System.Buffers.Binary;
using System.Text;
using Stackflare.Processes;
using Stackflare.Runtime;

namespace Stackflare.Capture.CoreFiles;

/// <summary>
/// The id of what a single-file program contains. Its executable has the build id of the host that all such programs share, so a build id says nothing of
/// the assemblies behind it. The bundle has an id of its own, a hash of its files, which the host keeps in its variables. The format is described in
/// docs/design/single-file of the designs repository.
/// </summary>
internal static class BundleId
{
    private const int MaxId = 64, MinId = 8, Piece = 64 << 10;

    /// <summary>For a whole search: parts can be many, and at one place.</summary>
    private const ulong MaxBytes = 64 << 20;

    /// <summary>The id in a file, empty if it is missing, or may be behind the limit; null if it is no single-file program.</summary>
    public static string? Of(ByteReader file, ElfHeaders headers)
    {
        byte[] mark = new byte[BundleMark.Length];
        BundleMark.Write(mark);
        // The mark is a variable of the host.
        ulong left = MaxBytes;
        bool isMissing = false;
        foreach (ElfPart part in headers.ImageParts().Where(static p => p is { Kind: ElfPart.Load, IsWritable: true }))
        {
            if (Find(file, part.Position, part.FileBytes, mark, ref left, ref isMissing) is { } at && at >= sizeof(ulong))
                return Text(file, at - sizeof(ulong));
        }
        return isMissing ? "" : null;
    }

    /// <summary>Whether an id is in the variables of the host; null if some of them are missing.</summary>
    /// <param name="id">The id.</param>
    /// <param name="starts">The addresses of the program, and of the libraries that are the host if the program is only a part of it.</param>
    /// <param name="core">Reads the memory in the core.</param>
    public static bool? IsIn(string id, IEnumerable<ulong> starts, ByteReader core)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(id);
        ulong left = MaxBytes;
        bool isMissing = false;
        foreach (ulong start in id.Length == 0 ? [] : starts)
        {
            ElfPart[] parts = [.. ElfHeaders.Open(core, start)?.ImageParts().Where(static p => p.Kind == ElfPart.Load) ?? []];
            ulong first = parts.Length == 0 ? 0 : parts.Min(static p => p.Address) & ~0xFFFul;
            foreach (ElfPart part in parts.Where(static p => p.IsWritable))
            {
                if (Find(core, start + part.Address - first, part.MemoryBytes, bytes, ref left, ref isMissing) is not null)
                    return true;
            }
        }
        return isMissing ? null : false;
    }

    private static string? Text(ByteReader read, ulong place)
    {
        Span<byte> table = stackalloc byte[sizeof(ulong)], id = stackalloc byte[13 + MaxId];
        if (!read(place, table) || BinaryPrimitives.ReadUInt64LittleEndian(table) is not (var at and not 0))
            return null;
        // Two numbers of the version, the number of files; then the id, with its length.
        int length = read(at, id) ? id[12] : 0;
        return length is >= MinId and <= MaxId ? Encoding.UTF8.GetString(id.Slice(13, length)) : "";
    }

    /// <summary>Where a text is in a part of the file or of the memory. What is behind the bytes that may still be searched is missing.</summary>
    private static ulong? Find(ByteReader read, ulong at, ulong length, ReadOnlySpan<byte> text, ref ulong left, ref bool isMissing)
    {
        ulong overlap = (ulong)text.Length - 1, size = Math.Min(length, left);
        isMissing |= size < length;
        left -= size;
        byte[] piece = new byte[(int)Math.Min(Piece, size)];
        for (ulong done = 0; size - done > overlap;)
        {
            int count = (int)Math.Min(Piece, size - done);
            if (!read(at + done, piece.AsSpan(0, count)))
                isMissing = true;
            else if (piece.AsSpan(0, count).IndexOf(text) is var found and >= 0)
                return at + done + (ulong)found;
            // Pieces overlap, so that the text is in one of them.
            done += (ulong)count - overlap;
        }
        return null;
    }
}
