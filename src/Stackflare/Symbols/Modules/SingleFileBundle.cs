using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Stackflare.Errors;
using Stackflare.Interop;
using Stackflare.Processes;

namespace Stackflare.Symbols.Modules;

/// <summary>
/// The index of the files in a single-file application. The host contains a fixed 32-byte signature. The 8 bytes before it
/// are the offset of a manifest at the end of the executable, which lists each file with its position. Versions 2 (.NET 5) and
/// 6 (.NET 6 and later; files may be deflated) are supported.
/// </summary>
internal sealed class SingleFileBundle
{
    private const int FirstChunkBytes = 16 << 10, ChunkBytes = 1 << 20, SmallExecutableBytes = 256 << 10;
    private const long MaxExecutableBytes = 8L << 30;
    private const int MaxManifestBytes = 16 << 20;

    private SingleFileBundle(BundleEntry[] entries) => Entries = entries;

    public BundleEntry[] Entries { get; }

    /// <summary>Opens the executable; the caller disposes the handle. The kernel follows /proc/{pid}/exe.</summary>
    public static SafeFileHandle? Open(string path) => RegularFile.TryOpen(path, MaxExecutableBytes, out _);

    /// <summary>Reads the index; null if the executable is not a bundle of a known version.</summary>
    public static SingleFileBundle? Read(SafeFileHandle executable)
    {
        try
        {
            long length = RandomAccess.GetLength(executable);
            long manifest = FindManifest(executable, length);
            if (manifest <= 0 || manifest >= length)
                return null;
            byte[] bytes = new byte[Math.Min(length - manifest, MaxManifestBytes)];
            int filled = FileRead.Fill(executable, bytes, manifest);
            return ReadManifest(bytes.AsSpan(0, filled), length) is { } entries ? new SingleFileBundle(entries) : null;
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
            return null;
        }
    }

    /// <summary>The content of a file: a window of the executable, or inflated. Null if it is too large or corrupt.</summary>
    public static Stream? OpenEntry(SafeFileHandle executable, in BundleEntry entry, int maxBytes)
    {
        if (entry.Size > maxBytes || entry.CompressedSize > maxBytes)
            return null;
        if (entry.CompressedSize == 0)
            return new WindowStream(executable, entry.Offset, entry.Size, ownsHandle: false);
        using var window = new WindowStream(executable, entry.Offset, entry.CompressedSize, ownsHandle: false);
        byte[]? bytes = Inflate.Read(window, (int)entry.Size);
        return bytes is null ? null : new MemoryStream(bytes, writable: false);
    }

    private static long FindManifest(SafeFileHandle executable, long length)
    {
        Span<byte> signature = stackalloc byte[BundleMark.Length];
        BundleMark.Write(signature);

        // Chunks overlap by the signature and the offset before it, so that neither is split. Small ones first: most executables are small, and are not bundles.
        int overlap = signature.Length + sizeof(long);
        long limit = Math.Min(length, SymbolLimits.BundleSearchBytes);
        byte[] chunk = new byte[FirstChunkBytes];
        for (long start = 0; start < limit;)
        {
            ReadOnlySpan<byte> span = chunk.AsSpan(0, FileRead.Fill(executable, chunk, start));
            int found = span.IndexOf(signature);
            if (found >= sizeof(long))
                return BinaryPrimitives.ReadInt64LittleEndian(span[(found - sizeof(long))..]);
            if (span.Length < chunk.Length)
                break;
            start += chunk.Length - overlap;
            if (start > SmallExecutableBytes && chunk.Length < ChunkBytes)
                chunk = new byte[ChunkBytes];
        }
        return 0;
    }

    private static BundleEntry[]? ReadManifest(ReadOnlySpan<byte> bytes, long fileLength)
    {
        uint major = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        int count = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        if (major is not (2 or 6) || count is < 0 or > SymbolLimits.BundleFiles)
            return null;
        bytes = bytes[12..];
        _ = ReadText(ref bytes); // the bundle's id
        bytes = bytes[(4 * sizeof(long) + sizeof(ulong))..]; // places of two JSON files, flags

        var entries = new List<BundleEntry>(Math.Min(count, 256));
        for (int i = 0; i < count; i++)
        {
            long offset = ReadInt64(ref bytes), size = ReadInt64(ref bytes), compressed = major >= 6 ? ReadInt64(ref bytes) : 0;
            bytes = bytes[1..]; // what kind of file it is
            string path = ReadText(ref bytes);
            long stored = compressed == 0 ? size : compressed;
            if (offset >= 0 && size >= 0 && compressed >= 0 && stored <= fileLength && offset <= fileLength - stored)
                entries.Add(new BundleEntry(path, offset, size, compressed));
        }
        return entries.ToArray();
    }

    private static long ReadInt64(ref ReadOnlySpan<byte> bytes)
    {
        long value = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        bytes = bytes[sizeof(long)..];
        return value;
    }

    /// <summary>A length in groups of seven bits, lowest first, then UTF-8.</summary>
    private static string ReadText(ref ReadOnlySpan<byte> bytes)
    {
        int length = 0, used = 0;
        byte next;
        do
        {
            if (used == 3)
                throw new InvalidDataException();
            next = bytes[used];
            length |= (next & 0x7F) << (7 * used++);
        }
        while ((next & 0x80) != 0);
        if (length > SymbolLimits.PathBytes)
            throw new InvalidDataException();
        string text = Encoding.UTF8.GetString(bytes.Slice(used, length));
        bytes = bytes[(used + length)..];
        return text;
    }
}
