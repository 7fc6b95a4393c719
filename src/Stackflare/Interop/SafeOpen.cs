using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Stackflare.Interop;

/// <summary>
/// Opens files at paths that somebody else chose. Only regular ones are opened: opening a FIFO would wait for a writer for ever, opening a
/// device can do something to it.
/// </summary>
internal static class SafeOpen
{
    /// <summary>Null when there is no regular file at the path, or it may not be read. Links are followed.</summary>
    public static SafeFileHandle? Regular(string path)
    {
        if (path.Contains('\0'))
            return null;
        // A descriptor of this kind names the file without opening it; what is looked at then is what is opened.
        int named = Posix.Open(path, Posix.O_PATH | Posix.O_CLOEXEC, 0);
        if (named < 0)
            return null;
        try
        {
            if (Posix.Status(named, out FileStatus status) != 0 || !status.IsRegular)
                return null;
            int descriptor = Posix.Open(OwnPath(named), Posix.O_RDONLY | Posix.O_CLOEXEC | Posix.O_NOCTTY, 0);
            return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
        }
        finally
        {
            Posix.Close(named);
        }
    }

    /// <summary>The path by which we reach what an own descriptor is of, whatever its names lead to meanwhile.</summary>
    public static string OwnPath(int descriptor) => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor}");
}
