using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Stackflare.Interop;
using Stackflare.Model;

namespace Stackflare.Snapshots.Format;

/// <summary>
/// A snapshot with what the host knows, to be shown later or elsewhere. The same format as the probe's, with further sections.
/// </summary>
internal static class SnapshotFile
{
    private const int Alignment = 8;

    /// <param name="stream">Where to; it is neither flushed nor closed.</param>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="more">Further sections, which this class passes on as they are.</param>
    public static void Write(Stream stream, Snapshot snapshot, params ReadOnlySpan<FileSection> more)
    {
        foreach (var piece in Pieces(snapshot, more))
            stream.Write(piece.Span);
    }

    /// <summary>Writes a file, whole or not at all, that only its owner can read. A file that is there is replaced.</summary>
    /// <exception cref="OutputException">It could not be written.</exception>
    public static void Save(string path, Snapshot snapshot, params ReadOnlySpan<FileSection> more) =>
        AtomicFile.Write(path, $"The file '{EscapedText.Plain(path)}'", Pieces(snapshot, more));

    /// <summary>Checks a file and gives what is in it. The bytes may come from anyone.</summary>
    /// <returns>The snapshot, and where further sections are.</returns>
    /// <exception cref="SnapshotFormatException">The bytes are not a snapshot with the host's sections that this version reads.</exception>
    public static (Snapshot Snapshot, SnapshotDirectory Directory) Read(ReadOnlyMemory<byte> bytes)
    {
        var directory = new SnapshotDirectory(bytes);
        RawSnapshot raw = SnapshotReader.Read(directory);
        // Such a one is an error where it is taken, and is never saved.
        if (raw.Info.Phase != CapturePhase.Done)
            throw new SnapshotFormatException("its capture was not finished");
        (HostInfo facts, IReadOnlyList<string>? notes) = HostSections.Decode(directory);
        return (SnapshotDecoder.Decode(raw, facts, notes ?? CaptureNotes.Describe(raw)), directory);
    }

    private static List<ReadOnlyMemory<byte>> Pieces(Snapshot snapshot, ReadOnlySpan<FileSection> more)
    {
        FileSection[] sections = [.. SnapshotEncoder.Encode(snapshot), .. HostSections.Encode(snapshot.Host, snapshot.Notes), .. more];
        var entries = new DirectoryEntry[sections.Length];
        long offset = Unsafe.SizeOf<HeaderRecord>() + (entries.Length * Unsafe.SizeOf<DirectoryEntry>());
        for (int i = 0; i < entries.Length; i++)
        {
            entries[i] = new DirectoryEntry { Kind = sections[i].Kind, RecordSize = (uint)sections[i].RecordSize, Offset = (ulong)offset, Length = (ulong)sections[i].Bytes.Length };
            offset += Aligned(sections[i].Bytes.Length);
        }
        var header = new HeaderRecord
        {
            Magic = SnapshotLayout.Magic,
            VersionMajor = SnapshotLayout.VersionMajor,
            VersionMinor = SnapshotLayout.VersionMinor,
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
