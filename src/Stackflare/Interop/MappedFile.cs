using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Stackflare.Interop;

/// <summary>
/// The bytes of a file, mapped for reading until disposed. If the file is truncated meanwhile, the next access ends this process with SIGBUS. So
/// it is only for the tool: a program that is dumped must not end because of it.
/// </summary>
internal sealed unsafe partial class MappedFile : UnmanagedMemory
{
    private const int PROT_READ = 1, MAP_PRIVATE = 2;

    private MappedFile(byte* start, int length)
        : base(start, length)
    {
    }

    /// <summary>Maps a file. Null if it is empty or cannot be mapped. The handle can be closed afterwards.</summary>
    /// <param name="handle">The file, open for reading.</param>
    /// <param name="length">The length of the file in bytes.</param>
    public static MappedFile? Map(SafeFileHandle handle, int length)
    {
        nint start = length > 0 ? Map(0, (nuint)length, PROT_READ, MAP_PRIVATE, handle, 0) : -1;
        return start == -1 ? null : new MappedFile((byte*)start, length);
    }

    protected override void Free(byte* start, int length) => _ = Unmap(start, (nuint)length);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, SafeFileHandle descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(byte* address, nuint length);
}
