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

    /// <summary>Not with Console, which ignores a closed pipe: sampling would continue without a reader.</summary>
    /// <returns>False if the reader has gone.</returns>
    private static bool TryWrite(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint written = Posix.Write(StandardOutput, bytes);
            if (written is -Posix.EAGAIN)
                _ = Posix.PollWritable(StandardOutput, Forever);
            if (written is -Posix.EINTR or -Posix.EAGAIN)
                continue;
            if (written is -Posix.EPIPE)
                return false;
            if (written < 0)
                throw OutputErrors.Create("Standard output", (int)-written);
            bytes = bytes[(int)written..];
        }
        return true;
    }
}
