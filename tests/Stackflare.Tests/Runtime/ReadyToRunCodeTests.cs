using Stackflare.Runtime;
using Stackflare.Runtime.Code;

namespace Stackflare.Tests.Runtime;

/// <summary>Methods in the code of images: their parts, and which of these are filters.</summary>
public sealed class ReadyToRunCodeTests
{
    private const ulong Module = 0x1_0000, Info = 0x2_0000, Image = 0x50_0000, Buckets = 0x3_0000;
    private const uint Functions = 0x100, Header = 0x800, Exceptions = 0x900, Clauses = 0xA00;
    private readonly FakeMemory _memory = new() { HasPages = true };
    private readonly ReadyToRunLayout _layout = FakeRuntime.Layout.Images!;
    private readonly CodeLayout _code = FakeRuntime.Layout.Code!;

    /// <summary>Two methods. The second has a catch block and a filter behind it.</summary>
    public ReadyToRunCodeTests()
    {
        _memory.Pointers(Module + _layout.Info, Info).Pointers(Info + _layout.Composite, 0).Write(Info + _layout.FunctionCount, 4u).Pointers(Info + _layout.Functions, Image + Functions)
            .Write(Info + _layout.ColdCount, 0u).Pointers(Info + _layout.Thunks, 0).Pointers(Info + _layout.EntryPoints + _layout.Buckets, Buckets).Pointers(Info + _layout.Header, Image + Header);
        uint[] starts = [0x1000, 0x1100, 0x1140, 0x1180];
        for (uint i = 0; i < starts.Length; i++)
        {
            ulong function = Image + Functions + ((ulong)i * _code.FunctionBytes);
            _memory.Write(function + _code.FunctionBegin, starts[i]).Write(function + _code.FunctionEnd, starts[i] + 0x40).Write(function + _code.FunctionUnwind, 0x2000 + i);
        }
        // The first bucket is the number of the others. Both methods are in each, so that no hash is needed.
        _memory.Write(Buckets, 3u);
        for (uint i = 1; i <= 3; i++)
        {
            ulong bucket = Buckets + ((ulong)i * _layout.BucketBytes);
            _memory.Pointers(bucket + _layout.BucketKeys, Image + 0x1000, Image + 0x1100).Pointers(bucket + _layout.BucketValues, 0x111, 0x222);
        }
        // One section: the methods that have blocks, then the end. The blocks: a catch, and one with a filter.
        _memory.Write(Image + Header + ReadyToRunLayout.SectionCount, 1u).Write(Image + Header + ReadyToRunLayout.Sections, ReadyToRunLayout.ExceptionSection)
            .Write(Image + Header + ReadyToRunLayout.Sections + ReadyToRunLayout.SectionPlace, Exceptions).Write(Image + Header + ReadyToRunLayout.Sections + ReadyToRunLayout.SectionSize, 16u);
        _memory.Write(Image + Exceptions, 0x1100u).Write(Image + Exceptions + 4, Clauses).Write(Image + Exceptions + 8, uint.MaxValue).Write(Image + Exceptions + 12, Clauses + 48);
        Clause(0, flags: 0, filter: 0x40);
        Clause(1, flags: 1, filter: 0x80);
    }

    [Theory]
    [InlineData(0x1000, 0x1000, 0x222, false, false)]
    [InlineData(0x1120, 0x1100, 0x444, false, false)]
    [InlineData(0x1150, 0x1100, 0x444, true, false)]
    [InlineData(0x1190, 0x1100, 0x444, true, true)]
    public void APartBelongsToItsMethod(uint place, uint start, uint method, bool isHandler, bool isFilter)
    {
        CodeBlock block = Find(place)!;
        Assert.Equal((Image + start, (ulong)method, isHandler, isFilter), (block.Start, block.Method, block.IsHandler, block.IsFilter));
        Assert.Equal(block.PartStart + 0x40, block.PartEnd);
    }

    /// <summary>Cores without the pages of the image: a filter is not known, and everything else is.</summary>
    [Fact]
    public void WithoutTheListOfBlocksThereIsNoFilter()
    {
        _memory.Write(Image + Header + ReadyToRunLayout.Sections + ReadyToRunLayout.SectionPlace, 0x7000_0000u);
        Assert.False(Find(0x1190)!.IsFilter);
    }

    /// <summary>A table of methods that says each time that the search goes on.</summary>
    [Fact]
    public void AHashTableWithoutEndIsLeft()
    {
        _memory.Write(Buckets, uint.MaxValue);
        var memory = new ProcessMemory(new Endless(_memory), maxReads: 1 << 20);
        Effort effort = Effort.Begin();
        Assert.Throws<MissingMemoryException>(() => new ReadyToRunCode(memory, _code, _layout).Find(Module, Image, Image + 0x1190));
        Assert.True(memory.IsExhausted);
        Assert.InRange(effort.Used.TotalSeconds, 0, 10);
    }

    private CodeBlock? Find(uint place) => new ReadyToRunCode(_memory.Memory, _code, _layout).Find(Module, Image, Image + place);

    private void Clause(uint index, uint flags, uint filter)
    {
        ulong at = Image + Clauses + (index * ReadyToRunLayout.ClauseBytes);
        _memory.Write(at + ReadyToRunLayout.ClauseFlags, flags).Write(at + ReadyToRunLayout.ClauseFilter, filter);
    }

    /// <summary>What is not written is all ones: no key, and a mark that the search goes on.</summary>
    private sealed class Endless(FakeMemory memory) : IMemoryReader
    {
        public int Read(ulong address, Span<byte> buffer)
        {
            int read = memory.Read(address, buffer);
            if (read == 0)
                buffer.Fill(0xFF);
            return buffer.Length;
        }
    }
}
