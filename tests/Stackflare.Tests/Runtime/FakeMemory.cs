using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Stackflare.Runtime;

namespace Stackflare.Tests.Runtime;

/// <summary>Memory that a test writes, with nothing around it.</summary>
internal sealed class FakeMemory : IMemoryReader
{
    private const ulong PageMask = 0xFFF;

    private readonly Dictionary<ulong, byte> _bytes = [];
    private readonly HashSet<ulong> _pages = [];

    /// <summary>Whether there are zeros around what is written, up to the ends of its pages.</summary>
    public bool HasPages { get; init; }

    public ProcessMemory Memory => new(this);

    public FakeMemory Write(ulong address, params ReadOnlySpan<byte> bytes)
    {
        foreach (byte one in bytes)
        {
            _pages.Add(address & ~PageMask);
            _bytes[address++] = one;
        }
        return this;
    }

    public FakeMemory Write<T>(ulong address, T value)
        where T : unmanaged => Write(address, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(ref value)));

    public FakeMemory Pointers(ulong address, params ReadOnlySpan<ulong> values)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        foreach (ulong value in values)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
            Write(address, bytes);
            address += sizeof(ulong);
        }
        return this;
    }

    public int Read(ulong address, Span<byte> buffer)
    {
        for (int i = 0; i < buffer.Length; i++)
        {
            ulong at = address + (ulong)i;
            if (!_bytes.TryGetValue(at, out buffer[i]) && !(HasPages && _pages.Contains(at & ~PageMask)))
                return i;
        }
        return buffer.Length;
    }
}
