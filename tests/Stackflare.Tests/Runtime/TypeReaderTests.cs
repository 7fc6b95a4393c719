using System.Buffers.Binary;
using Stackflare.Runtime;
using Stackflare.Runtime.Types;
using Stackflare.Snapshots;
using Stackflare.Tests.Symbols;

namespace Stackflare.Tests.Runtime;

/// <summary>The types of a process, and their limit.</summary>
public sealed class TypeReaderTests
{
    private const ulong Most = 1 << 17;

    /// <summary>A limit leaves out types, but none that was added before, and what is no type does not count.</summary>
    [Fact]
    public void ALimitOnTypesIsSaid()
    {
        RuntimeLayout layout = FakeRuntime.Layout;
        var memory = new ProcessMemory(new ManyTypes());
        var snapshot = new SnapshotBuilder { Host = CodeSnapshot.Host };
        var types = new TypeReader(memory, layout, new ModuleReader(memory, layout, new ModuleImages(memory, layout), snapshot, 0), snapshot);
        for (ulong i = 1; i <= Most; i++)
        {
            Assert.Null(types.IndexOf((i << 12) + 64));
            Assert.NotNull(types.IndexOf(i << 12));
        }
        Assert.False(types.IsFull);
        Assert.Null(types.IndexOf((Most + 1) << 12));
        Assert.True(types.IsFull);
        Assert.NotNull(types.IndexOf(1 << 12));
    }

    /// <summary>A type at the start of each page, with its class in the middle.</summary>
    private sealed class ManyTypes : IMemoryReader
    {
        private const ulong ClassAt = 0x800;

        public int Read(ulong address, Span<byte> buffer)
        {
            Stackflare.Runtime.TypeLayout layout = FakeRuntime.Layout.Types!;
            buffer.Clear();
            BinaryPrimitives.WriteUInt64LittleEndian(buffer[(int)layout.Class..], address + ClassAt);
            BinaryPrimitives.WriteUInt64LittleEndian(buffer[(int)(ClassAt + layout.ClassType)..], address);
            return buffer.Length;
        }
    }
}
