using Microsoft.Win32.SafeHandles;
using Stackflare.Interop;

namespace Stackflare.Symbols.Modules;

/// <summary>
/// Opens files at paths that a target named. Only regular files are opened: opening a FIFO would wait for a writer for
/// ever, opening a device can do something to it. In the program that is dumped, files are read and not mapped: if somebody truncates a mapped file, the next
/// access ends the process by SIGBUS, and a rebuild truncates PDBs in place.
/// </summary>
internal static class RegularFile
{
    /// <summary>Looks at a path without opening it; null unless it is a regular file with content that can be looked at.</summary>
    public static FileStamp? Stat(RootedPath path) =>
        // The files of /proc say that they have no content.
        SafeOpen.TryLook(path, out FileStatus status) && status is { IsRegular: true, Length: > 0 } ? new FileStamp(status.Length, status.ModifiedTicks) : null;

    /// <summary>Opens a regular file for reading; null when there is none, or it is longer than allowed, or may not be read.</summary>
    public static SafeFileHandle? TryOpen(RootedPath path, long maxLength, out long length)
    {
        length = 0;
        if (SafeOpen.Regular(path) is not { } handle)
            return null;
        try
        {
            length = RandomAccess.GetLength(handle);
            if (length > 0 && length <= maxLength)
                return handle;
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
        }
        handle.Dispose();
        return null;
    }

    /// <summary>Reads a whole regular file; null as for <see cref="TryOpen"/>.</summary>
    public static byte[]? TryRead(RootedPath path, int maxLength)
    {
        using SafeFileHandle? handle = TryOpen(path, maxLength, out long length);
        if (handle is null)
            return null;
        try
        {
            byte[] bytes = new byte[length];
            int filled = Fill(handle, bytes, 0);
            return filled == bytes.Length ? bytes : null;
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
            return null;
        }
    }

    /// <summary>Reads until the buffer is full or the file ends.</summary>
    public static int Fill(SafeFileHandle handle, Span<byte> buffer, long offset)
    {
        int filled = 0;
        while (filled < buffer.Length)
        {
            int read = RandomAccess.Read(handle, buffer[filled..], offset + filled);
            if (read <= 0)
                break;
            filled += read;
        }
        return filled;
    }
}
