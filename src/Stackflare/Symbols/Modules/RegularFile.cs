using Microsoft.Win32.SafeHandles;
using Stackflare.Errors;
using Stackflare.Interop;

namespace Stackflare.Symbols.Modules;

/// <summary>
/// Opens files at paths from a target. Only regular files are opened: opening a FIFO would wait for a writer forever, and opening a device can have
/// side effects. Inside of a dumped program, files are read instead of mapped: if a mapped file is truncated, the next access ends the process with
/// SIGBUS, and a rebuild truncates PDBs in place.
/// </summary>
internal static class RegularFile
{
    /// <summary>Checks a path without opening it; null unless it is a non-empty regular file.</summary>
    public static FileStamp? Stat(RootedPath path) =>
        // Files in /proc report a length of 0.
        SafeOpen.TryLook(path, out FileStatus status) && status is { IsRegular: true, Length: > 0 } ? new FileStamp(status.Length, status.ModifiedTicks) : null;

    /// <summary>Opens a regular file for reading; null if there is none, it is longer than allowed, or it cannot be read.</summary>
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
            int filled = FileRead.Fill(handle, bytes, 0);
            return filled == bytes.Length ? bytes : null;
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
            return null;
        }
    }
}
