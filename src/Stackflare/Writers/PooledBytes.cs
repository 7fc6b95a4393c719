using System.Buffers;
using System.Text;

namespace Stackflare.Writers;

/// <summary>
/// A growing buffer of pooled memory. A dump is rendered to it completely before its first byte is written, so that no other output
/// gets between its lines, and an error in rendering leaves nothing half written. Not thread-safe.
/// </summary>
internal sealed class PooledBytes : IBufferWriter<byte>, IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(64 << 10);
    private int _length;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>The written bytes. Not valid after more is written or after disposal.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, _length);

    public void Advance(int count) => _length += count;

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(_length);
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(_length);
    }

    /// <summary>Decodes the written bytes to a writer, piece by piece.</summary>
    public void CopyTo(TextWriter writer)
    {
        var decoder = Encoding.UTF8.GetDecoder();
        char[] chars = ArrayPool<char>.Shared.Rent(32 << 10);
        try
        {
            for (var rest = Written; !rest.IsEmpty;)
            {
                decoder.Convert(rest, chars, flush: false, out int bytesUsed, out int charsUsed, out _);
                writer.Write(chars, 0, charsUsed);
                rest = rest[bytesUsed..];
            }
        }
        finally
        {
            ArrayPool<char>.Shared.Return(chars);
        }
    }

    /// <summary>The same with asynchronous calls only.</summary>
    public async Task CopyToAsync(TextWriter writer, CancellationToken cancellationToken)
    {
        var decoder = Encoding.UTF8.GetDecoder();
        char[] chars = ArrayPool<char>.Shared.Rent(32 << 10);
        try
        {
            for (int at = 0; at < _length;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                decoder.Convert(Written[at..], chars, flush: false, out int bytesUsed, out int charsUsed, out _);
                await writer.WriteAsync(chars.AsMemory(0, charsUsed), cancellationToken).ConfigureAwait(false);
                at += bytesUsed;
            }
        }
        finally
        {
            ArrayPool<char>.Shared.Return(chars);
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        _length = 0;
    }

    private void Reserve(int sizeHint)
    {
        int wanted = Math.Max(sizeHint, 1);
        if (_bytes.Length - _length >= wanted)
            return;

        long size = Math.Max(_bytes.Length * 2L, (long)_length + wanted);
        if ((long)_length + wanted > Array.MaxLength)
            throw new OutputException("The dump is larger than 2 GiB.", "Take it with lower DumpLimits, or with grouping and folding on.");

        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(size, Array.MaxLength));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
