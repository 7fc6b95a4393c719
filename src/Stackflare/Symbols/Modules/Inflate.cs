using System.IO.Compression;
using Stackflare.Errors;

namespace Stackflare.Symbols.Modules;

/// <summary>Inflates raw deflate data with a known length, which the caller has limited.</summary>
internal static class Inflate
{
    private const int FirstBytes = 64 << 10;

    /// <summary>
    /// Null if the data is corrupt or has another length. The buffer grows with the actual output, so a small input
    /// that claims to be large costs nothing.
    /// </summary>
    public static byte[]? Read(Stream compressed, int length)
    {
        if (length < 0)
            return null;
        try
        {
            using var inflater = new DeflateStream(compressed, CompressionMode.Decompress, leaveOpen: true);
            byte[] bytes = new byte[Math.Min(length, FirstBytes)];
            int filled = 0;
            while (true)
            {
                int read = inflater.Read(bytes, filled, bytes.Length - filled);
                if (read <= 0)
                    break;
                filled += read;
                if (filled == length)
                    return bytes;
                if (filled == bytes.Length)
                    Array.Resize(ref bytes, (int)Math.Min(length, bytes.Length * 2L));
            }
            return length == filled ? bytes : null;
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
            return null;
        }
    }
}
