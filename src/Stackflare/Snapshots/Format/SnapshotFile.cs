using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Stackflare.Interop;
using Stackflare.Model;

namespace Stackflare.Snapshots.Format;

/// <summary>
/// A snapshot with what the host knows, to be shown later or elsewhere. The same format as the probe's with further sections: a
/// reader of snapshots can read it, and the probe's sections are in it byte for byte.
/// </summary>
internal static class SnapshotFile
{
    private const int Alignment = 8;

    /// <param name="stream">Where to; it is neither flushed nor closed.</param>
    /// <param name="snapshot">A snapshot, as <see cref="RawSnapshot.Encoded"/> has it; the host's sections of a file are replaced.</param>
    /// <param name="facts">What the host knows.</param>
    /// <param name="more">Further sections of the host's, which this class passes on as they are.</param>
    /// <exception cref="SnapshotFormatException">The bytes are not a snapshot.</exception>
    public static void Write(Stream stream, ReadOnlyMemory<byte> snapshot, HostFacts facts, params ReadOnlySpan<FileSection> more)
    {
        foreach (var piece in Pieces(snapshot, facts, more))
            stream.Write(piece.Span);
    }

    /// <summary>Writes a file, whole or not at all, that only its owner can read. A file that is there is replaced.</summary>
    /// <exception cref="OutputException">It could not be written.</exception>
    /// <exception cref="SnapshotFormatException">The bytes are not a snapshot.</exception>
    public static void Save(string path, ReadOnlyMemory<byte> snapshot, HostFacts facts, params ReadOnlySpan<FileSection> more) =>
        WholeFile.Write(path, $"The file '{EscapedText.Plain(path)}'", Pieces(snapshot, facts, more));

    /// <summary>Checks a file and gives what is in it. The bytes may come from anyone.</summary>
    /// <exception cref="SnapshotFormatException">The bytes are not a snapshot with the host's sections that this version reads.</exception>
    public static (RawSnapshot Snapshot, HostFacts Facts) Read(ReadOnlyMemory<byte> bytes)
    {
        var directory = new SnapshotDirectory(bytes);
        RawSnapshot snapshot = SnapshotReader.Read(directory);
        // Such a one is an error where it is taken, and is never saved.
        if (snapshot.Info.Phase != CapturePhase.Done)
            throw new SnapshotFormatException("its capture was not finished");
        return (snapshot, HostSections.Decode(directory));
    }

    private static List<ReadOnlyMemory<byte>> Pieces(ReadOnlyMemory<byte> snapshot, HostFacts facts, ReadOnlySpan<FileSection> more)
    {
        var source = new SnapshotDirectory(snapshot);
        var entries = new List<DirectoryEntry>();
        var sections = new List<ReadOnlyMemory<byte>>();
        foreach (ref readonly DirectoryEntry entry in source.Entries)
        {
            if (entry.Kind >= HostLayout.FirstSection)
                continue;
            entries.Add(entry);
            sections.Add(source.Section(entry));
        }
        foreach (FileSection section in (FileSection[])[.. HostSections.Encode(facts), .. more])
        {
            entries.Add(new DirectoryEntry { Kind = section.Kind, RecordSize = (uint)section.RecordSize });
            sections.Add(section.Bytes);
        }
        if (entries.Count > SnapshotDirectory.MaxSections)
            throw new SnapshotFormatException($"it has {entries.Count} sections with the host's");

        long offset = Unsafe.SizeOf<HeaderRecord>() + (entries.Count * Unsafe.SizeOf<DirectoryEntry>());
        for (int i = 0; i < entries.Count; i++)
        {
            entries[i] = entries[i] with { Offset = (ulong)offset, Length = (ulong)sections[i].Length };
            offset += Aligned(sections[i].Length);
        }
        return Join(source.Header with { SectionCount = (uint)entries.Count, TotalSize = (ulong)offset }, entries, sections);
    }

    private static List<ReadOnlyMemory<byte>> Join(HeaderRecord header, List<DirectoryEntry> entries, List<ReadOnlyMemory<byte>> sections)
    {
        var pieces = new List<ReadOnlyMemory<byte>>
        {
            MemoryMarshal.AsBytes(new ReadOnlySpan<HeaderRecord>(ref header)).ToArray(),
            MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(entries)).ToArray(),
        };
        foreach (var section in sections)
        {
            pieces.Add(section);
            pieces.Add(new byte[Aligned(section.Length) - section.Length]);
        }
        return pieces;
    }

    private static long Aligned(int length) => (length + (Alignment - 1L)) & -Alignment;
}
