using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Stackflare.Interop;

/// <summary>
/// The bytes of a file, mapped for reading until disposed. If the file is truncated meanwhile, the next access ends the process with SIGBUS.
/// So this is only for the tool, not for the library inside of a program.
/// </summary>
internal sealed unsafe partial class MappedFile : MemoryManager<byte>
{
    private const int PROT_READ = 1, MAP_PRIVATE = 2;

    private readonly int _length;
    private byte* _start;

    private MappedFile(byte* start, int length)
    {
        _start = start;
        _length = length;
    }

    /// <summary>Maps a file. Null if it cannot be mapped, or is empty. The handle can be closed afterwards.</summary>
    /// <param name="handle">The file, open for reading.</param>
    /// <param name="length">The length of the file in bytes.</param>
    public static MappedFile? Map(SafeFileHandle handle, int length)
    {
        nint start = length > 0 ? Map(0, (nuint)length, PROT_READ, MAP_PRIVATE, handle, 0) : -1;
        return start == -1 ? null : new MappedFile((byte*)start, length);
    }

    public override Span<byte> GetSpan() => _start == null ? throw new ObjectDisposedException(nameof(MappedFile)) : new Span<byte>(_start, _length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(Start(elementIndex));

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (_start != null)
            _ = Unmap(_start, (nuint)_length);
        _start = null;
    }

    private byte* Start(int index)
    {
        ObjectDisposedException.ThrowIf(_start == null, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)index, (uint)_length, nameof(index));
        return _start + index;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, SafeFileHandle descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(byte* address, nuint length);
}
