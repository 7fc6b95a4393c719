using System.Buffers;
using System.Runtime.InteropServices;

namespace Stackflare.Snapshots.Format;

/// <summary>Bytes of which records say where they are. Each thing begins at a multiple of eight, as images have to.</summary>
internal sealed class BlobWriter
{
    private const int Alignment = 8;

    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>Adds text, as far as a reader takes it; for null it gives no place.</summary>
    public (uint Offset, uint Length) Add(string? text)
    {
        if (text is null)
            return (SnapshotLayout.None, 0);
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(text.AsSpan());
        return AddBytes(bytes[..Math.Min(bytes.Length, SnapshotLayout.LongestText)]);
    }

    /// <summary>Adds bytes; for none it gives no place.</summary>
    public (uint Offset, uint Length) Add(ReadOnlyMemory<byte> bytes) => bytes.IsEmpty ? (SnapshotLayout.None, 0) : AddBytes(bytes.Span);

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    private (uint Offset, uint Length) AddBytes(ReadOnlySpan<byte> bytes)
    {
        int padding = -_bytes.WrittenCount & (Alignment - 1);
        _bytes.GetSpan(Math.Max(1, padding))[..padding].Clear();
        _bytes.Advance(padding);
        uint offset = (uint)_bytes.WrittenCount;
        _bytes.Write(bytes);
        return (offset, (uint)bytes.Length);
    }
}
