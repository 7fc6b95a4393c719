using System.Buffers;
using System.Runtime.InteropServices;

namespace Stackflare.Snapshots.Format;

/// <summary>Collects bytes that records refer to by offset.</summary>
/// <param name="alignment">A power of two: each item begins at a multiple of it. Images must begin at a multiple of eight.</param>
internal sealed class BlobWriter(int alignment = 8)
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public int Count => _bytes.WrittenCount;

    /// <summary>Adds text, cut to the length that a reader accepts. Null gives no offset.</summary>
    public (uint Offset, uint Length) Add(string? text)
    {
        if (text is null)
            return (SnapshotConstants.None, 0);
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(text.AsSpan());
        return AddBytes(bytes[..Math.Min(bytes.Length, SnapshotConstants.LongestText)]);
    }

    /// <summary>Adds bytes. No bytes give no offset.</summary>
    public (uint Offset, uint Length) Add(ReadOnlyMemory<byte> bytes) => bytes.IsEmpty ? (SnapshotConstants.None, 0) : AddBytes(bytes.Span);

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    private (uint Offset, uint Length) AddBytes(ReadOnlySpan<byte> bytes)
    {
        int padding = -_bytes.WrittenCount & (alignment - 1);
        _bytes.GetSpan(Math.Max(1, padding))[..padding].Clear();
        _bytes.Advance(padding);
        uint offset = (uint)_bytes.WrittenCount;
        _bytes.Write(bytes);
        return (offset, (uint)bytes.Length);
    }
}
