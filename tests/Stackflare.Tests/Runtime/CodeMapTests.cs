using Stackflare.Runtime.Code;

namespace Stackflare.Tests.Runtime;

/// <summary>Which method an address is in, by maps as the runtime has them.</summary>
public sealed class CodeMapTests
{
    private const ulong Heap = 0x7F00_0000_0000, Node = 0x5000, Map = 0x6000, Section = 0x7000, Fragment = 0x7800;
    private readonly FakeMemory _memory = new() { HasPages = true };

    public CodeMapTests()
    {
        // Five levels of tables for one range of 128 KB.
        ulong table = Layouts.CodeMap;
        for (int level = 4; level >= 0; level--)
        {
            ulong next = level == 0 ? Fragment : table + 0x1000;
            _memory.Pointers(table + (((Heap >> (17 + (level * 8))) & 0xFF) * 8), next | 1);
            table = next;
        }
        _memory.Pointers(Fragment, 0, Heap, Heap + 0x20000, Section);
        _memory.Pointers(Section, Heap, 2, Node, 0);
        _memory.Pointers(Node, Heap, Heap + 0x20000, Heap, Map);
        // A method of 40 bytes at 0x24; a long one at 0x160; no others.
        uint[] words = new uint[64];
        Set(words, 0x24);
        Set(words, 0x160);
        for (ulong word = 2; word < 32; word++)
            words[word] = 0x160 | ((0x160 & 0x1F) / 4) + 9; // it goes on in these
        for (int i = 0; i < words.Length; i++)
            _memory.Write(Map + ((ulong)i * 4), words[i]);
        Method(0x24, method: 0x111, parts: [0x24]);
        Method(0x160, method: 0x222, parts: [0x160, 0x800]);
    }

    [Theory]
    [InlineData(0x24, 0x24, false)]
    [InlineData(0x30, 0x24, false)]
    [InlineData(0x15F, 0x24, false)]
    [InlineData(0x160, 0x160, false)]
    [InlineData(0x7FF, 0x160, false)]
    [InlineData(0x800, 0x160, true)]
    [InlineData(0xF00, 0x160, true)]
    public void AddressesBelongToTheMethodBeforeThem(uint offset, uint start, bool isHandler)
    {
        CodeBlock block = new CodeMap(_memory.Memory, Layouts.Code(), null).Find(Heap + offset)!;
        Assert.Equal((Heap + start, start == 0x24 ? 0x111ul : 0x222ul, isHandler), (block.Start, block.Method, block.IsHandler));
        Assert.Equal(offset - start, block.OffsetOf(Heap + offset));
    }

    [Theory]
    [InlineData(Heap)]
    [InlineData(Heap + 0x20)]
    [InlineData(Heap + 0x20000)]
    [InlineData(Heap - 1)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(ulong.MaxValue)]
    public void ElsewhereThereIsNone(ulong address) => Assert.Null(new CodeMap(_memory.Memory, Layouts.Code(), null).Find(address));

    [Fact]
    public void AListThatReturnsToItselfEnds()
    {
        _memory.Pointers(Fragment, Fragment, 0, 0, Section);
        Assert.Null(new CodeMap(_memory.Memory, Layouts.Code(), null).Find(Heap + 0x24));
    }

    [Fact]
    public void AStubOfTheRuntimeIsNoMethod()
    {
        _memory.Pointers(Heap + 0x24 - 8, 5);
        var map = new CodeMap(_memory.Memory, Layouts.Code(), null);
        Assert.Null(map.Find(Heap + 0x24));
        Assert.True(map.IsOfRuntime(Heap + 0x24));
        Assert.False(map.IsOfRuntime(Heap + 0x160));
        Assert.False(map.IsOfRuntime(0x1234));
    }

    private static void Set(uint[] words, uint start)
    {
        uint unit = start >> 5;
        words[unit / 8] |= (((start & 0x1F) >> 2) + 1) << (int)(28 - (unit % 8 * 4));
    }

    private void Method(uint start, ulong method, uint[] parts)
    {
        ulong header = 0x20_0000 + ((ulong)start * 16);
        _memory.Pointers(Heap + start - 8, header).Pointers(header, 0, 0, method, (ulong)parts.Length);
        for (int i = 0; i < parts.Length; i++)
            _memory.Write(header + 32 + ((ulong)i * 12), parts[i]).Write(header + 36 + ((ulong)i * 12), 0u).Write(header + 40 + ((ulong)i * 12), 0u);
    }
}
