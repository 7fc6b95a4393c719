using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Stackflare.Capture;

/// <summary>
/// Checks a snapshot and gives a view of it. The bytes may come from a dying or hostile process: everything that is later used
/// as an index or a length is checked here, once, so that no other code has to. Allocates in proportion to the bytes given,
/// never to a number found in them.
/// </summary>
internal static class SnapshotReader
{
    private const int MaxSections = 64;

    /// <exception cref="SnapshotFormatException">The bytes are not a snapshot that this version reads.</exception>
    public static RawSnapshot Read(ReadOnlyMemory<byte> bytes)
    {
        HeaderRecord header = ReadHeader(bytes.Span);
        ReadOnlySpan<DirectoryEntry> directory = ReadDirectory(bytes.Span, header);

        InfoRecord[] info = Records<InfoRecord>(bytes.Span, directory, SectionKind.Info);
        if (info.Length != 1)
            throw new SnapshotFormatException($"it has {info.Length} info records instead of one");

        var snapshot = new RawSnapshot
        {
            Info = info[0],
            Threads = Records<ThreadRecord>(bytes.Span, directory, SectionKind.Threads),
            Stacks = Records<uint>(bytes.Span, directory, SectionKind.Stacks),
            Frames = Records<FrameRecord>(bytes.Span, directory, SectionKind.Frames),
            Functions = Records<FunctionRecord>(bytes.Span, directory, SectionKind.Functions),
            Types = Records<TypeRecord>(bytes.Span, directory, SectionKind.Types),
            TypeArgs = Records<uint>(bytes.Span, directory, SectionKind.TypeArgs),
            Modules = Records<ModuleRecord>(bytes.Span, directory, SectionKind.Modules),
            Blob = Blob(bytes, directory),
        };
        Check(snapshot);
        return snapshot;
    }

    private static HeaderRecord ReadHeader(ReadOnlySpan<byte> bytes)
    {
        if (!MemoryMarshal.TryRead(bytes, out HeaderRecord header))
            throw new SnapshotFormatException($"it has {bytes.Length} bytes, fewer than a header");
        if (header.Magic != SnapshotLayout.Magic)
            throw new SnapshotFormatException("it does not begin as a snapshot does");
        if (header.VersionMajor != SnapshotLayout.VersionMajor)
        {
            throw new SnapshotFormatException(
                $"it is of version {header.VersionMajor}.{header.VersionMinor}, and this build reads version {SnapshotLayout.VersionMajor}");
        }
        if (header.TotalSize != (ulong)bytes.Length)
            throw new SnapshotFormatException($"it says it has {header.TotalSize} bytes and has {bytes.Length}");
        return header;
    }

    private static ReadOnlySpan<DirectoryEntry> ReadDirectory(ReadOnlySpan<byte> bytes, in HeaderRecord header)
    {
        if (header.SectionCount > MaxSections)
            throw new SnapshotFormatException($"it says it has {header.SectionCount} sections");
        int start = Unsafe.SizeOf<HeaderRecord>(), length = (int)header.SectionCount * Unsafe.SizeOf<DirectoryEntry>();
        if (bytes.Length - start < length)
            throw new SnapshotFormatException("it ends within its directory");
        ReadOnlySpan<DirectoryEntry> directory = MemoryMarshal.Cast<byte, DirectoryEntry>(bytes.Slice(start, length));
        ulong size = (ulong)bytes.Length;
        foreach (ref readonly DirectoryEntry entry in directory)
        {
            if (entry.Offset > size || entry.Length > size - entry.Offset)
                throw new SnapshotFormatException($"section {(uint)entry.Kind} lies outside of it");
        }
        return directory;
    }

    /// <summary>
    /// Copies the records of a section; a section that is not there is empty. Records longer than ours are a later minor
    /// version's, whose extra fields are skipped.
    /// </summary>
    private static T[] Records<T>(ReadOnlySpan<byte> bytes, ReadOnlySpan<DirectoryEntry> directory, SectionKind kind)
        where T : unmanaged
    {
        if (Find(directory, kind) is not { } entry)
            return [];
        int size = Unsafe.SizeOf<T>();
        if (entry.RecordSize < size || entry.RecordSize > 4096 || entry.Length % entry.RecordSize != 0)
            throw new SnapshotFormatException($"section {(uint)kind} of {entry.Length} bytes has records of {entry.RecordSize}");
        ReadOnlySpan<byte> section = bytes.Slice((int)entry.Offset, (int)entry.Length);
        if (entry.RecordSize == size)
            return MemoryMarshal.Cast<byte, T>(section).ToArray();
        var records = new T[section.Length / (int)entry.RecordSize];
        for (int i = 0; i < records.Length; i++)
            records[i] = MemoryMarshal.Read<T>(section[(i * (int)entry.RecordSize)..]);
        return records;
    }

    private static ReadOnlyMemory<byte> Blob(ReadOnlyMemory<byte> bytes, ReadOnlySpan<DirectoryEntry> directory) =>
        Find(directory, SectionKind.Blob) is { } entry ? bytes.Slice((int)entry.Offset, (int)entry.Length) : default;

    private static DirectoryEntry? Find(ReadOnlySpan<DirectoryEntry> directory, SectionKind kind)
    {
        foreach (ref readonly DirectoryEntry entry in directory)
        {
            if (entry.Kind == kind)
                return entry;
        }
        return null;
    }

    /// <summary>
    /// Besides each index and slice, checks that slices do not share what they point at: a small snapshot whose thousand
    /// threads all name the same long stack would otherwise become a large dump.
    /// </summary>
    private static void Check(RawSnapshot snapshot)
    {
        long frames = 0, arguments = 0, blob = 0;
        foreach (ref readonly ThreadRecord thread in snapshot.Threads.AsSpan())
        {
            Slice(thread.FirstFrame, thread.FrameCount, snapshot.Stacks.Length, "a thread's stack", ref frames);
            Text(thread.NameOffset, thread.NameLength, snapshot, "a thread's name", ref blob);
            Index(thread.ExceptionType, snapshot.Types.Length, "a thread's exception type");
        }
        foreach (uint frame in snapshot.Stacks)
        {
            if (frame >= (uint)snapshot.Frames.Length)
                throw new SnapshotFormatException("a stack names a frame that is not there");
        }
        foreach (ref readonly FrameRecord frame in snapshot.Frames.AsSpan())
            Index(frame.Function, snapshot.Functions.Length, "a frame's function");
        foreach (ref readonly FunctionRecord function in snapshot.Functions.AsSpan())
        {
            Index(function.Module, snapshot.Modules.Length, "a function's module");
            Index(function.DeclaringType, snapshot.Types.Length, "a function's type");
            Slice(function.TypeArgStart, function.TypeArgCount, snapshot.TypeArgs.Length, "a function's type arguments", ref arguments);
            Text(function.NameOffset, function.NameLength, snapshot, "a function's name", ref blob);
            Text(function.TypeNameOffset, function.TypeNameLength, snapshot, "a function's type name", ref blob);
            Bytes(function.SignatureOffset, function.SignatureLength, snapshot, "a function's signature", ref blob);
        }
        foreach (ref readonly TypeRecord type in snapshot.Types.AsSpan())
        {
            Index(type.Module, snapshot.Modules.Length, "a type's module");
            Slice(type.ArgStart, type.ArgCount, snapshot.TypeArgs.Length, "a type's arguments", ref arguments);
        }
        foreach (uint type in snapshot.TypeArgs)
            Index(type, snapshot.Types.Length, "a type argument");
        foreach (ref readonly ModuleRecord module in snapshot.Modules.AsSpan())
        {
            Text(module.PathOffset, module.PathLength, snapshot, "a module's path", ref blob);
            Bytes(module.ImageOffset, module.ImageLength, snapshot, "a module's image", ref blob);
            Bytes(module.SymbolsOffset, module.SymbolsLength, snapshot, "a module's symbols", ref blob);
        }
    }

    private static void Index(uint index, int count, string what)
    {
        if (index != SnapshotLayout.None && index >= (uint)count)
            throw new SnapshotFormatException($"{what} is not there");
    }

    private static void Slice(uint start, uint length, int count, string what, ref long total)
    {
        total += length;
        if (length > 0 && (start + (long)length > count || total > count))
            throw new SnapshotFormatException($"{what} is not there");
    }

    private static void Bytes(uint offset, uint length, RawSnapshot snapshot, string what, ref long total)
    {
        if (offset == SnapshotLayout.None)
            return;
        total += length;
        if (offset + (long)length > snapshot.Blob.Length || total > snapshot.Blob.Length)
            throw new SnapshotFormatException($"{what} lies outside of the blob");
    }

    private static void Text(uint offset, uint length, RawSnapshot snapshot, string what, ref long total)
    {
        Bytes(offset, length, snapshot, what, ref total);
        if (offset != SnapshotLayout.None && (length % 2 != 0 || length > 1 << 16))
            throw new SnapshotFormatException($"{what} has {length} bytes");
    }
}
