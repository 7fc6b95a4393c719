using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Stackflare.Interop;

namespace Stackflare.Capture.Probe;

/// <summary>A file that is in no directory. Others reach it through our /proc until it is disposed, or we are no more.</summary>
internal sealed class MemoryFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    private MemoryFile(SafeFileHandle handle) => _handle = handle;

    /// <summary>The path by which others open it.</summary>
    public string Path => string.Create(CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/fd/{_handle.DangerousGetHandle()}");

    /// <summary>Null where the kernel has no such files, or forbids to execute them.</summary>
    /// <exception cref="IOException">The process may not make files of that size.</exception>
    public static MemoryFile? Create(ReadOnlySpan<byte> content)
    {
        int descriptor = Posix.CreateMemoryFile("stackflare");
        if (descriptor < 0)
            return null;
        var file = new MemoryFile(new SafeFileHandle(descriptor, ownsHandle: true));
        for (ReadOnlySpan<byte> rest = content; !rest.IsEmpty;)
        {
            nint written = Posix.Write(descriptor, rest);
            if (written <= 0)
            {
                file.Dispose();
                // A limit on the sizes of files is one for those in directories as well.
                return written == -Posix.EFBIG ? throw new IOException("File too large") : null;
            }
            rest = rest[(int)written..];
        }
        return file;
    }

    public void Dispose() => _handle.Dispose();
}
