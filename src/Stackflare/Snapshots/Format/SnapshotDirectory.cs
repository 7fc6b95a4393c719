using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Stackflare.Snapshots.Format;

/// <summary>
/// The header of a snapshot and the positions of its sections, checked against the length of the data. Allocates in proportion
/// to the length of the data, never to a number inside it.
/// </summary>
internal sealed class SnapshotDirectory
{
    public const int MaxSections = 64;

    private readonly DirectoryEntry[] _entries;

    /// <exception cref="SnapshotFormatException">The bytes are not a snapshot that this version can read.</exception>
    public SnapshotDirectory(ReadOnlyMemory<byte> bytes)
    {
        Bytes = bytes;
        Header = ReadHeader(bytes.Span);
        _entries = ReadEntries(bytes.Span, Header);
    }

    public ReadOnlyMemory<byte> Bytes { get; }

    public HeaderRecord Header { get; }

    public ReadOnlySpan<DirectoryEntry> Entries => _entries;

    /// <summary>Copies the numbers of a section; empty if there is no such section.</summary>
    public uint[] Numbers(SectionKind kind) => Copy<uint>(kind, sizeof(uint), default);

    /// <summary>
    /// Copies the records of a section; empty if there is no such section. Longer records are from a newer version, and their extra fields are
    /// skipped. Shorter ones are from an older version, and get their other fields from <paramref name="newer"/>.
    /// </summary>
    public T[] Records<T>(SectionKind kind, T newer = default)
        where T : unmanaged, IRecord =>
        Copy(kind, newer.FirstSize, newer);

    /// <summary>Without a call to a generic method of the framework: no compiler can make those in advance for a type of this library.</summary>
    private unsafe T[] Copy<T>(SectionKind kind, int least, T newer)
        where T : unmanaged
    {
        DirectoryEntry? found = Find(kind);
        if (found is { } sized && (sized.RecordSize < least || sized.RecordSize > 4096 || sized.Length % sized.RecordSize != 0))
            throw new SnapshotFormatException($"section {(uint)kind} of {sized.Length} bytes has records of {sized.RecordSize}");
        var records = new T[found is { } counted ? (int)(counted.Length / counted.RecordSize) : 0];
        if (found is not { } entry || records.Length == 0)
            return records;
        ReadOnlySpan<byte> section = Section(entry).Span;
        int size = (int)entry.RecordSize, common = Math.Min(sizeof(T), size);
        fixed (T* first = records)
        {
            if (size == sizeof(T))
            {
                section.CopyTo(new Span<byte>(first, section.Length));
                return records;
            }
            for (int i = 0; i < records.Length; i++)
            {
                first[i] = newer;
                section.Slice(i * size, common).CopyTo(new Span<byte>(first + i, common));
            }
        }
        return records;
    }

    /// <summary>The record of a section that has exactly one.</summary>
    /// <param name="kind">The section.</param>
    /// <param name="what">Its name in error messages.</param>
    public T Single<T>(SectionKind kind, string what)
        where T : unmanaged, IRecord
    {
        T[] records = Records<T>(kind);
        return records.Length == 1 ? records[0] : throw new SnapshotFormatException($"it has {records.Length} {what} records instead of one");
    }

    /// <summary>The bytes of a section; empty if there is no such section.</summary>
    public ReadOnlyMemory<byte> Blob(SectionKind kind) => Find(kind) is { } entry ? Section(entry) : default;

    public ReadOnlyMemory<byte> Section(in DirectoryEntry entry) => Bytes.Slice((int)entry.Offset, (int)entry.Length);

    public bool Has(SectionKind kind) => Find(kind) is not null;

    private DirectoryEntry? Find(SectionKind kind)
    {
        foreach (ref readonly DirectoryEntry entry in Entries)
        {
            if (entry.Kind == kind)
                return entry;
        }
        return null;
    }

    private static HeaderRecord ReadHeader(ReadOnlySpan<byte> bytes)
    {
        if (!MemoryMarshal.TryRead(bytes, out HeaderRecord header))
            throw new SnapshotFormatException($"it has {bytes.Length} bytes, fewer than a header");
        if (header.Magic != SnapshotConstants.Magic)
            throw new SnapshotFormatException("it does not begin like a snapshot");
        if (header.VersionMajor != SnapshotConstants.VersionMajor)
        {
            throw new SnapshotFormatException(
                $"it is of version {header.VersionMajor}.{header.VersionMinor}, and this build reads version {SnapshotConstants.VersionMajor}");
        }
        if (header.TotalSize != (ulong)bytes.Length)
            throw new SnapshotFormatException($"its header says {header.TotalSize} bytes, but it has {bytes.Length}");
        return header;
    }

    private static DirectoryEntry[] ReadEntries(ReadOnlySpan<byte> bytes, in HeaderRecord header)
    {
        if (header.SectionCount > MaxSections)
            throw new SnapshotFormatException($"its header says {header.SectionCount} sections");
        int start = Unsafe.SizeOf<HeaderRecord>(), length = (int)header.SectionCount * Unsafe.SizeOf<DirectoryEntry>();
        if (bytes.Length - start < length)
            throw new SnapshotFormatException("it ends within its directory");
        ReadOnlySpan<DirectoryEntry> directory = MemoryMarshal.Cast<byte, DirectoryEntry>(bytes.Slice(start, length));
        ulong size = (ulong)bytes.Length, total = 0;
        foreach (ref readonly DirectoryEntry entry in directory)
        {
            if (entry.Offset > size || entry.Length > size - entry.Offset)
                throw new SnapshotFormatException($"section {(uint)entry.Kind} lies outside of it");
            // Overlapping sections could be larger in total than the data.
            total += entry.Length;
            if (total > size)
                throw new SnapshotFormatException("its sections overlap");
        }
        return directory.ToArray();
    }
}
