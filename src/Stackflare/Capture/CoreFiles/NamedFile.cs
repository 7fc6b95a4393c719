using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Stackflare.Interop;

namespace Stackflare.Capture.CoreFiles;

/// <summary>Reads from a file or from memory. False if a part is missing.</summary>
internal delegate bool ByteReader(ulong at, Span<byte> to);

/// <summary>
/// A file that was mapped into the process. It is used only if it is an executable, a library or an assembly, and if it is the same as then: if the core
/// has its first page, by its build id, or for an assembly by its headers; otherwise, if it has not been changed since.
/// </summary>
internal sealed class NamedFile : IDisposable
{
    private const int PageBytes = 4096, AssemblyHeaderBytes = 512;

    private readonly SafeFileHandle _handle;
    private readonly ulong _start;
    private readonly bool _isElf;
    private ElfRelocations? _relocations;

    private NamedFile(SafeFileHandle handle, ulong start, bool isElf, bool isChecked)
    {
        _handle = handle;
        _start = start;
        _isElf = isElf;
        IsChecked = isChecked;
    }

    /// <summary>Whether the core says which build of the file was mapped.</summary>
    public bool IsChecked { get; }

    public bool IsUsed { get; private set; }

    /// <summary>Opens a file; null if it is not there, or not the same.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="start">The address to which its first byte was mapped.</param>
    /// <param name="writtenAt">When the core was written.</param>
    /// <param name="core">Reads the memory in the core.</param>
    public static NamedFile? Open(string path, ulong start, DateTimeOffset writtenAt, ByteReader core)
    {
        if (!path.StartsWith('/'))
            return null;
        SafeFileHandle? handle = null;
        try
        {
            handle = SafeOpen.Regular(path);
            if (handle is null)
                return null;
            SafeFileHandle file = handle;
            Span<byte> header = stackalloc byte[AssemblyHeaderBytes], mapped = stackalloc byte[AssemblyHeaderBytes];
            if (FileRead.TryFill(file, header, 0) < header.Length)
                return null;
            bool isElf = header.StartsWith("\u007fELF"u8), isChecked = core(start, mapped);
            if (!isElf && !header.StartsWith("MZ"u8))
                return null;
            bool isSame = !isChecked ? File.GetLastWriteTimeUtc(file) <= writtenAt
                : isElf ? SameBuild(ElfBuildId.Find((at, to) => FileRead.TryFill(file, to, (long)at) == to.Length, 0), ElfBuildId.Find(core, start))
                : header.SequenceEqual(mapped);
            if (!isSame)
                return null;
            var named = new NamedFile(file, start, isElf, isChecked);
            handle = null;
            return named;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        finally
        {
            handle?.Dispose();
        }
    }

    /// <summary>Reads a part of the file as it was mapped: the loader replaces relative addresses by absolute ones.</summary>
    public int Read(ulong position, Span<byte> to)
    {
        if (position > long.MaxValue)
            return 0;
        IsUsed = true;
        int read = FileRead.TryFill(_handle, to, (long)position);
        if (_isElf)
            (_relocations ??= ElfRelocations.Read(_handle)).Apply(position, to[..read], _start);
        // The last page of a mapping has zeros behind the end of the file.
        int page = (int)Math.Min((ulong)(to.Length - read), (PageBytes - ((position + (ulong)read) % PageBytes)) % PageBytes);
        to.Slice(read, page).Clear();
        return read == 0 ? 0 : read + page;
    }

    public void Dispose() => _handle.Dispose();

    /// <summary>A file without a build id is the same only if neither has one: there is nothing else to compare.</summary>
    private static bool SameBuild(byte[]? file, byte[]? core) => file is not null && core is not null && file.AsSpan().SequenceEqual(core);
}

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
