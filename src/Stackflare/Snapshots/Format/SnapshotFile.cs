using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Stackflare.Interop;
using Stackflare.Model;

namespace Stackflare.Snapshots.Format;

/// <summary>
/// A snapshot in a file, with the host's information, to be shown later or on another machine. The probe's format with additional sections.
/// </summary>
internal static class SnapshotFile
{
    private const int Alignment = 8;

    /// <param name="stream">The destination. It is not flushed or closed.</param>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="more">Additional sections, written unchanged.</param>
    public static void Write(Stream stream, Snapshot snapshot, params ReadOnlySpan<FileSection> more)
    {
        foreach (var piece in Pieces(snapshot, more))
            stream.Write(piece.Span);
    }

    /// <summary>Writes a file, completely or not at all. Only its owner can read it. An existing file is replaced.</summary>
    /// <exception cref="OutputException">The file could not be written.</exception>
    public static void Save(string path, Snapshot snapshot, params ReadOnlySpan<FileSection> more) =>
        AtomicFile.Write(path, $"The file '{EscapedText.Plain(path)}'", Pieces(snapshot, more));

    /// <summary>Checks a file and returns its content. The bytes may come from an untrusted source.</summary>
    /// <returns>The snapshot, and the positions of additional sections.</returns>
    /// <exception cref="SnapshotFormatException">The bytes are not a snapshot file that this version can read.</exception>
    public static (Snapshot Snapshot, SnapshotDirectory Directory) Read(ReadOnlyMemory<byte> bytes)
    {
        var directory = new SnapshotDirectory(bytes);
        RawSnapshot raw = SnapshotReader.Read(directory);
        // A failed capture is reported when it is taken, and is never saved.
        if (raw.Info.Phase != CapturePhase.Done)
            throw new SnapshotFormatException("its capture was not finished");
        (ProcessFacts facts, IReadOnlyList<string>? notes, IReadOnlyList<string>? notesWithNames) = HostSections.Decode(directory);
        return (SnapshotDecoder.Decode(raw, facts, notes ?? CaptureNotes.Describe(raw), notesWithNames ?? []), directory);
    }

    private static List<ReadOnlyMemory<byte>> Pieces(Snapshot snapshot, ReadOnlySpan<FileSection> more)
    {
        FileSection[] sections = [.. SnapshotEncoder.Encode(snapshot), .. HostSections.Encode(snapshot.Host, snapshot.Notes, snapshot.NotesWithNames), .. more];
        var entries = new DirectoryEntry[sections.Length];
        long offset = Unsafe.SizeOf<HeaderRecord>() + (entries.Length * Unsafe.SizeOf<DirectoryEntry>());
        for (int i = 0; i < entries.Length; i++)
        {
            entries[i] = new DirectoryEntry { Kind = sections[i].Kind, RecordSize = (uint)sections[i].RecordSize, Offset = (ulong)offset, Length = (ulong)sections[i].Bytes.Length };
            offset += Aligned(sections[i].Bytes.Length);
        }
        var header = new HeaderRecord
        {
            Magic = SnapshotConstants.Magic,
            VersionMajor = SnapshotConstants.VersionMajor,
            VersionMinor = SnapshotConstants.VersionMinor,
            SectionCount = (uint)entries.Length,
            TotalSize = (ulong)offset,
        };
        var pieces = new List<ReadOnlyMemory<byte>>
        {
            MemoryMarshal.AsBytes(new ReadOnlySpan<HeaderRecord>(ref header)).ToArray(),
            MemoryMarshal.AsBytes(entries.AsSpan()).ToArray(),
        };
        foreach (FileSection section in sections)
        {
            pieces.Add(section.Bytes);
            pieces.Add(new byte[Aligned(section.Bytes.Length) - section.Bytes.Length]);
        }
        return pieces;
    }

    private static long Aligned(int length) => (length + (Alignment - 1L)) & -Alignment;
}
