using Microsoft.Win32.SafeHandles;

namespace Stackflare.Interop;

/// <summary>Reads from files at positions.</summary>
internal static class FileRead
{
    /// <summary>Reads until the buffer is full or the file ends, and returns how many bytes that were.</summary>
    public static int Fill(SafeFileHandle file, Span<byte> buffer, long position)
    {
        int filled = 0;
        Fill(file, buffer, position, ref filled);
        return filled;
    }

    /// <summary>As the other, but never throws: what cannot be read is not there.</summary>
    public static int TryFill(SafeFileHandle file, Span<byte> buffer, long position)
    {
        int filled = 0;
        if (position < 0)
            return filled;
        try
        {
            Fill(file, buffer, position, ref filled);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
        return filled;
    }

    private static void Fill(SafeFileHandle file, Span<byte> buffer, long position, ref int filled)
    {
        while (filled < buffer.Length)
        {
            int read = RandomAccess.Read(file, buffer[filled..], position + filled);
            if (read <= 0)
                return;
            filled += read;
        }
    }
}
