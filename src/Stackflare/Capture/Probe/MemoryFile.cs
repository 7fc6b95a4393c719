using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Stackflare.Interop;

namespace Stackflare.Capture.Probe;

/// <summary>An anonymous file in memory. Other processes open it through our /proc entry until it is disposed or this process ends.</summary>
internal sealed class MemoryFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    private MemoryFile(SafeFileHandle handle) => _handle = handle;

    /// <summary>The path for other processes.</summary>
    public string Path => string.Create(CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/fd/{_handle.DangerousGetHandle()}");

    /// <summary>Returns null if the kernel does not support such files or forbids executing them.</summary>
    /// <exception cref="IOException">The process's file size limit is too low.</exception>
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
                // The file size limit applies to files in directories as well, so there is no other way.
                return written == -Posix.EFBIG ? throw new IOException("File too large") : null;
            }
            rest = rest[(int)written..];
        }
        return file;
    }

    public void Dispose() => _handle.Dispose();
}
