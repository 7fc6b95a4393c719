using System.Buffers;
using Stackflare.Writers.Profiles;
using Stackflare.Writers.Text;

namespace Stackflare.Writers;

/// <summary>
/// Writes a thread dump in a format. Runs on the calling thread only and does not use the thread pool, timers or the console, which
/// the dumped program may have exhausted or blocked.
/// </summary>
internal static class DumpRenderer
{
    /// <summary>
    /// A stream with a buffer, such as a response body, would copy a large dump completely, and wait for its reader only at the end.
    /// </summary>
    private const int LargestPiece = 64 << 10;

    /// <summary>Writes the dump to a writer, without flushing or closing it. If rendering fails, nothing is written.</summary>
    public static void Write(ThreadDump dump, DumpFormat format, RenderOptions options, TextWriter writer)
    {
        using var bytes = new PooledBytes();
        Write(dump, format, options, bytes);
        bytes.CopyTo(writer);
    }

    /// <summary>The same without synchronous calls of the writer.</summary>
    public static async Task WriteAsync(ThreadDump dump, DumpFormat format, RenderOptions options, TextWriter writer, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var bytes = new PooledBytes();
        Write(dump, format, options, bytes);
        await bytes.CopyToAsync(writer, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes the dump to a stream, without flushing or closing it. If rendering fails, nothing is written.</summary>
    public static void Write(ThreadDump dump, DumpFormat format, RenderOptions options, Stream stream)
    {
        using var bytes = new PooledBytes();
        Write(dump, format, options, bytes);
        for (ReadOnlyMemory<byte> rest = bytes.WrittenMemory; !rest.IsEmpty; rest = rest[Piece(rest)..])
            stream.Write(rest.Span[..Piece(rest)]);
    }

    /// <summary>The same without synchronous calls of the stream.</summary>
    public static async Task WriteAsync(ThreadDump dump, DumpFormat format, RenderOptions options, Stream stream, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var bytes = new PooledBytes();
        Write(dump, format, options, bytes);
        for (ReadOnlyMemory<byte> rest = bytes.WrittenMemory; !rest.IsEmpty; rest = rest[Piece(rest)..])
        {
            // Not every stream checks the token.
            cancellationToken.ThrowIfCancellationRequested();
            await stream.WriteAsync(rest[..Piece(rest)], cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes the dump to a caller's buffer. If rendering fails, nothing is written.</summary>
    public static void Write(ThreadDump dump, DumpFormat format, RenderOptions options, IBufferWriter<byte> buffer)
    {
        using var bytes = new PooledBytes();
        Write(dump, format, options, bytes);
        buffer.Write(bytes.Written);
    }

    /// <summary>Writes the dump to memory as UTF-8.</summary>
    public static void Write(ThreadDump dump, DumpFormat format, RenderOptions options, PooledBytes bytes, TextStyle? style = null) =>
        DumpFormats.Row(format).Write(dump.For(options), options, style ?? TextStyle.Plain, bytes);

    private static int Piece(ReadOnlyMemory<byte> rest) => Math.Min(rest.Length, LargestPiece);

    /// <summary>Writes samples to memory as UTF-8, in a format that adds up dumps.</summary>
    public static void Write(StackSamples samples, DumpFormat format, PooledBytes bytes)
    {
        if (DumpFormats.Row(format).WriteSamples is not { } write)
            throw new ArgumentOutOfRangeException(nameof(format), format, "The format is not one that adds up samples.");
        write(samples, bytes);
    }
}
