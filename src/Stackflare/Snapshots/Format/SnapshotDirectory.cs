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
    /// skipped. Shorter ones are from an older version.
    /// </summary>
    public T[] Records<T>(SectionKind kind)
        where T : unmanaged, IRecord<T> =>
        Copy(kind, T.FirstSize, T.Newer);

    private T[] Copy<T>(SectionKind kind, int least, T template)
        where T : unmanaged
    {
        if (Find(kind) is not { } entry)
            return [];
        int size = Unsafe.SizeOf<T>();
        if (entry.RecordSize < least || entry.RecordSize > 4096 || entry.Length % entry.RecordSize != 0)
            throw new SnapshotFormatException($"section {(uint)kind} of {entry.Length} bytes has records of {entry.RecordSize}");
        ReadOnlySpan<byte> section = Section(entry).Span;
        if (entry.RecordSize == size)
            return MemoryMarshal.Cast<byte, T>(section).ToArray();
        var records = new T[section.Length / (int)entry.RecordSize];
        int common = Math.Min(size, (int)entry.RecordSize);
        for (int i = 0; i < records.Length; i++)
        {
            records[i] = template;
            section.Slice(i * (int)entry.RecordSize, common).CopyTo(MemoryMarshal.AsBytes(records.AsSpan(i, 1)));
        }
        return records;
    }

    /// <summary>The record of a section that has exactly one.</summary>
    /// <param name="kind">The section.</param>
    /// <param name="what">Its name in error messages.</param>
    public T Single<T>(SectionKind kind, string what)
        where T : unmanaged, IRecord<T>
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
