using Microsoft.Win32.SafeHandles;
using Stackflare.Interop;
using Stackflare.Runtime;

namespace Stackflare.Capture.CoreFiles;

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
