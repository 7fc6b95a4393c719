using System.Buffers;

namespace Stackflare.Interop;

/// <summary>Unmanaged memory as a <see cref="Memory{T}"/>. A derived class can free it on disposal.</summary>
internal unsafe class UnmanagedMemory(byte* start, int length) : MemoryManager<byte>
{
    private byte* _start = start;

    /// <summary>The rest of a stream over unmanaged memory, such as a resource of an assembly. Valid for as long as that memory is.</summary>
    public static ReadOnlyMemory<byte> RestOf(UnmanagedMemoryStream stream) =>
        new UnmanagedMemory(stream.PositionPointer, (int)(stream.Length - stream.Position)).Memory;

    public override Span<byte> GetSpan() => new(Start(0), length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(Start(elementIndex));

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (_start != null)
            Free(_start, length);
        _start = null;
    }

    /// <summary>Called once.</summary>
    protected virtual void Free(byte* start, int length)
    {
    }

    private byte* Start(int index)
    {
        ObjectDisposedException.ThrowIf(_start == null, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)index, (uint)length, nameof(index));
        return _start + index;
    }
}
