using System.Buffers;
using Stackflare.Writers.Profiles;
using Stackflare.Writers.Text;

namespace Stackflare.Writers;

/// <summary>
/// Writes a thread dump in a format. Works on the calling thread alone, without thread pool, timers or the console, which the
/// dumped program may have exhausted or blocked.
/// </summary>
internal static class DumpRenderer
{
    /// <summary>Streams that buffer, a response body for one, would copy a large dump as a whole, and not wait for its reader before the end.</summary>
    private const int LargestPiece = 64 << 10;

    /// <summary>Writes the dump to a writer, which is neither flushed nor closed. Nothing is written if rendering fails.</summary>
    public static void Write(ThreadDump dump, DumpFormat format, RenderOptions options, TextWriter writer)
    {
        using var bytes = new PooledBytes();
        Write(dump, format, options, bytes);
        bytes.CopyTo(writer);
    }

    /// <summary>The same without a synchronous call of the writer.</summary>
    public static async Task WriteAsync(ThreadDump dump, DumpFormat format, RenderOptions options, TextWriter writer, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var bytes = new PooledBytes();
        Write(dump, format, options, bytes);
        await bytes.CopyToAsync(writer, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes the dump to a stream, which is neither flushed nor closed. Nothing is written if rendering fails.</summary>
    public static void Write(ThreadDump dump, DumpFormat format, RenderOptions options, Stream stream)
    {
        using var bytes = new PooledBytes();
        Write(dump, format, options, bytes);
        for (ReadOnlyMemory<byte> rest = bytes.WrittenMemory; !rest.IsEmpty; rest = rest[Piece(rest)..])
            stream.Write(rest.Span[..Piece(rest)]);
    }

    /// <summary>The same without a synchronous call of the stream.</summary>
    public static async Task WriteAsync(ThreadDump dump, DumpFormat format, RenderOptions options, Stream stream, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var bytes = new PooledBytes();
        Write(dump, format, options, bytes);
        for (ReadOnlyMemory<byte> rest = bytes.WrittenMemory; !rest.IsEmpty; rest = rest[Piece(rest)..])
        {
            // Not every stream looks at the token.
            cancellationToken.ThrowIfCancellationRequested();
            await stream.WriteAsync(rest[..Piece(rest)], cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes the dump to somebody else's buffer. Nothing is written if rendering fails.</summary>
    public static void Write(ThreadDump dump, DumpFormat format, RenderOptions options, IBufferWriter<byte> buffer)
    {
        using var bytes = new PooledBytes();
        Write(dump, format, options, bytes);
        buffer.Write(bytes.Written);
    }

    /// <summary>Writes the dump to memory as UTF-8.</summary>
    public static void Write(ThreadDump dump, DumpFormat format, RenderOptions options, PooledBytes bytes, TextStyle? style = null) =>
        DumpFormats.Row(format).Write(dump, options, style ?? TextStyle.Plain, bytes);

    private static int Piece(ReadOnlyMemory<byte> rest) => Math.Min(rest.Length, LargestPiece);

    /// <summary>Writes samples to memory as UTF-8, in one of the formats that add them up.</summary>
    public static void Write(StackSamples samples, DumpFormat format, PooledBytes bytes)
    {
        if (DumpFormats.Row(format).WriteSamples is not { } write)
            throw new ArgumentOutOfRangeException(nameof(format), format, "The format is not one that adds up samples.");
        write(samples, bytes);
    }
}
