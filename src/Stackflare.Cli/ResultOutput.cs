using Stackflare.Interop;
using Stackflare.Model;

namespace Stackflare.Cli;

/// <summary>
/// Writes results: to a file, completely or not at all, or to standard output immediately. If the reader of standard output goes away (<c>| head</c>), it has
/// what it wanted: the rest is neither produced nor an error.
/// </summary>
internal static class ResultOutput
{
    private const int StandardOutput = 1, Forever = -1;

    /// <param name="file">The file; null for standard output.</param>
    /// <param name="pieces">The output. Enumerated only after the file was found to be writable.</param>
    /// <returns>False if the reader has gone.</returns>
    /// <exception cref="OutputException">The output could not be written.</exception>
    public static bool Write(string? file, IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        if (file is not null)
        {
            AtomicFile.Write(file, $"The file '{EscapedText.Plain(file)}'", pieces);
            return true;
        }
        foreach (ReadOnlyMemory<byte> piece in pieces)
        {
            if (!TryWrite(piece.Span))
                return false;
        }
        return true;
    }

    /// <returns>False if the reader has gone.</returns>
    private static bool TryWrite(ReadOnlySpan<byte> bytes) => WriteAll(StandardOutput, bytes) switch
    {
        0 => true,
        -Posix.EPIPE => false,
        int error => throw OutputErrors.Create("Standard output", -error),
    };

    /// <summary>Not with Console, which ignores a closed pipe, so that sampling would continue without a reader, and which changes the terminal.</summary>
    /// <returns>0, or the negated errno.</returns>
    public static int WriteAll(int descriptor, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint written = Posix.Write(descriptor, bytes);
            if (written is -Posix.EAGAIN)
                _ = Posix.PollWritable(descriptor, Forever);
            if (written is -Posix.EINTR or -Posix.EAGAIN)
                continue;
            if (written < 0)
                return (int)written;
            bytes = bytes[(int)written..];
        }
        return 0;
    }
}
