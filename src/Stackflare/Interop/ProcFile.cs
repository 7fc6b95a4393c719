using System.Runtime.InteropServices;
using System.Text;

namespace Stackflare.Interop;

/// <summary>Reads the small files of /proc with three system calls and no object: a dump reads one for each thread.</summary>
internal static partial class ProcFile
{
    private const int OpenCloexec = 0x80000;

    /// <summary>The file's first bytes, as many as fit; empty when it cannot be read (the process or thread has ended).</summary>
    public static ReadOnlySpan<byte> Read(string path, Span<byte> buffer)
    {
        Span<byte> name = stackalloc byte[512];
        if (Encoding.UTF8.GetByteCount(path) >= name.Length)
            return default;
        name[Encoding.UTF8.GetBytes(path, name)] = 0;
        int descriptor = Open(ref MemoryMarshal.GetReference(name), OpenCloexec);
        if (descriptor < 0)
            return default;
        int total = 0;
        while (total < buffer.Length)
        {
            nint read = Read(descriptor, ref MemoryMarshal.GetReference(buffer[total..]), buffer.Length - total);
            if (read <= 0)
                break;
            total += (int)read;
        }
        _ = Close(descriptor);
        return buffer[..total];
    }

    [LibraryImport("libc", EntryPoint = "open")]
    private static partial int Open(ref byte path, int flags);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int descriptor, ref byte bytes, nint length);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
