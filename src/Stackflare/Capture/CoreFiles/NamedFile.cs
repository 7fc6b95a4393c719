using Microsoft.Win32.SafeHandles;
using Stackflare.Interop;
using Stackflare.Runtime;
using Stackflare.Runtime.Types;

namespace Stackflare.Capture.CoreFiles;

/// <summary>
/// A file that was mapped into the process. It is used only if it is the same as then, as far as that can be known: an executable or a library by its
/// build id, and a single-file program also by the id of its bundle; an assembly by its headers, or if the core does not have them, by its size and by the
/// time of its last change.
/// </summary>
internal sealed class NamedFile : IDisposable
{
    private const int PageBytes = 4096, AssemblyHeaderBytes = 512, MaxHosts = 4;
    private const ushort OthersMayRead = 4;

    /// <summary>The host of single-file programs that use a shared runtime.</summary>
    private static readonly string[] HostLibraries = ["libhostfxr.so", "libhostpolicy.so"];

    private readonly SafeFileHandle _handle;
    private readonly ulong _start;
    private ElfHeaders? _elf;
    private ElfRelocations? _relocations;

    /// <summary>How many bytes of the file are proved to be the same.</summary>
    private ulong _sameBytes = ulong.MaxValue;

    private NamedFile(SafeFileHandle handle, ulong start)
    {
        _handle = handle;
        _start = start;
    }

    /// <summary>Whether the core says which build of the file was mapped.</summary>
    public bool IsChecked { get; private set; }

    /// <summary>Whether the file came to its place after the core was written, although it is not newer.</summary>
    public bool IsChanged { get; private set; }

    public bool IsUsed { get; private set; }

    /// <summary>Whether a part was needed that is not the same.</summary>
    public bool IsOther { get; private set; }

    /// <summary>Whether the whole file is certainly the same, with what a single-file program contains.</summary>
    public bool IsProved => IsChecked && _sameBytes == ulong.MaxValue;

    /// <summary>Opens a file; null if it is not there, or not the same.</summary>
    /// <param name="named">What the core says of it.</param>
    /// <param name="core">The core.</param>
    /// <param name="memory">Reads the memory in the core.</param>
    public static NamedFile? Open(FileInCore named, CoreFile core, ByteReader memory)
    {
        if (!named.Path.StartsWith('/') || SafeOpen.Regular(named.Path) is not { } handle)
            return null;
        var file = new NamedFile(handle, named.Start);
        if (file.IsSame(named, core, memory))
            return file;
        file.Dispose();
        return null;
    }

    /// <summary>Reads a part of the file as it was mapped: the loader replaces relative addresses by absolute ones.</summary>
    public int Read(ulong position, Span<byte> to)
    {
        if (position > long.MaxValue)
            return 0;
        if (position >= _sameBytes)
        {
            IsOther = true;
            return 0;
        }
        IsUsed = true;
        int read = FileRead.TryFill(_handle, to[..(int)Math.Min((ulong)to.Length, _sameBytes - position)], (long)position);
        if (_elf is not null)
            (_relocations ??= ElfRelocations.Read(_handle)).Apply(position, to[..read], _start);
        // The last page of a mapping has zeros behind the end of the file.
        int page = (int)Math.Min((ulong)(to.Length - read), (PageBytes - ((position + (ulong)read) % PageBytes)) % PageBytes);
        to.Slice(read, page).Clear();
        return read == 0 ? 0 : read + page;
    }

    public void Dispose() => _handle.Dispose();

    private bool IsSame(FileInCore named, CoreFile core, ByteReader memory)
    {
        Span<byte> header = stackalloc byte[AssemblyHeaderBytes], mapped = stackalloc byte[AssemblyHeaderBytes];
        if (!ReadFile(0, header))
            return false;
        _elf = ElfHeaders.Open(ReadFile, 0);
        IsChecked = memory(named.Start, mapped);
        if (_elf is not null)
            return IsChecked && IsSameBuild(core, memory);
        return header.StartsWith("MZ"u8) && (IsChecked ? header.SequenceEqual(mapped) : IsProbablySame(named, core));
    }

    /// <summary>A file without a build id is never the same: there is nothing else to compare.</summary>
    private bool IsSameBuild(CoreFile core, ByteReader memory)
    {
        if (ElfBuildId.Find(ReadFile, 0) is not { } id || ElfBuildId.Find(memory, _start) is not { } other || !id.AsSpan().SequenceEqual(other))
            return false;
        if (BundleId.Of(ReadFile, _elf!) is not { } bundle)
            return true;
        IEnumerable<ulong> hosts = core.Notes.Files.Values.Where(static f => HostLibraries.Contains(Path.GetFileName(f.Path))).Take(MaxHosts).Select(static f => f.Start);
        switch (BundleId.IsIn(bundle, hosts.Prepend(_start), memory))
        {
            case false:
                // The host is the same. What was put behind it is not.
                _sameBytes = _elf!.ImageParts().Where(static p => p.Kind == ElfPart.Load).Max(static p => p.Position + p.FileBytes);
                break;
            case null:
                IsChecked = false;
                break;
        }
        return true;
    }

    private bool IsProbablySame(FileInCore named, CoreFile core)
    {
        // At the path of a file that was deleted there can only be another one.
        if (named.IsDeleted || Posix.Status((int)_handle.DangerousGetHandle(), out FileStatus status) != 0 || Posix.Status((int)core.Handle.DangerousGetHandle(), out FileStatus own) != 0)
            return false;
        // A core can name any file. Its reader may have more rights than its author.
        if ((status.Mode & OthersMayRead) == 0 && status.User != own.User)
            return false;
        IsChanged = status.ChangedTicks > own.ModifiedTicks;
        return status.ModifiedTicks <= own.ModifiedTicks && HasSize(named.MappedBytes, (ulong)status.Length);
    }

    /// <summary>An assembly is mapped as a whole, or by its sections. Behind the last one, its file can have a signature.</summary>
    private bool HasSize(ulong mapped, ulong length) => mapped == Pages(length)
        || (mapped < Pages(length) && PortableImage.Open(new ProcessMemory(new FileWindow(_handle)), 0, isMapped: false)?.SectionEnds.Any(end => mapped == Pages(end)) == true);

    private static ulong Pages(ulong length) => (length + PageBytes - 1) & ~(ulong)(PageBytes - 1);

    private bool ReadFile(ulong at, Span<byte> to) => at <= long.MaxValue - (ulong)to.Length && FileRead.TryFill(_handle, to, (long)at) == to.Length;
}
