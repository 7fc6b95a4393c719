using Stackflare.Runtime.Code;

namespace Stackflare.Tests.Runtime;

/// <summary>The compiler's map from code to IL, in the formats of .NET 10 and 11.</summary>
public sealed class DebugInfoTests
{
    private const ulong At = 0x4000;

    /// <summary>Code offsets, what they have (negative: -3 epilog, -2 prolog, -1 nothing), and whether a place is that of a call.</summary>
    private static readonly (uint Start, int IL, bool IsCall)[] Entries = [(0, -2, false), (8, 0, false), (20, 5, false), (24, 7, true), (30, -1, false), (40, 2, false), (52, -3, false)];

    [Theory]
    [InlineData(false, false, 0)]
    [InlineData(true, false, 0)]
    [InlineData(false, true, 0)]
    [InlineData(true, true, 0)]
    [InlineData(false, false, 3)]
    public void PlacesAreFound(bool isRich, bool isAheadOfTime, byte parts)
    {
        DebugInfo info = Read(Encode(isRich, isAheadOfTime, parts), isRich, isAheadOfTime)!;
        // The prolog is the start of the method; what has no IL belongs to what is before it; the place of a call is for debuggers only.
        Assert.Equal(
            [0, 0, 0, 0, 5, 5, 5, 2, 2],
            new uint[] { 0, 7, 8, 19, 20, 29, 39, 40, 60 }.Select(offset => info.ILOffset(offset)!.Value));
        Assert.Equal((0, 5, 2, null), (info.ILNext(0), info.ILNext(8), info.ILNext(20), info.ILNext(40)));
        Assert.Equal([0, 2, 5], info.Places!.Offsets.ToArray());
    }

    /// <summary>A version that was not tested can have another format, and then each line would be wrong.</summary>
    [Theory]
    [InlineData("\"ExecutionManager\":\"c1\",\"DebugInfo\":\"c1\"", true)]
    [InlineData("\"ExecutionManager\":\"c1\",\"DebugInfo\":\"c2\"", false)]
    [InlineData("\"ExecutionManager\":\"c1\"", false)]
    [InlineData("\"ExecutionManager\":2", true)]
    [InlineData("\"ExecutionManager\":2,\"DebugInfo\":1", false)]
    public void AFormatThatIsNotKnownIsNotRead(string contracts, bool isKnown)
    {
        bool isRich = contracts.Contains("DebugInfo", StringComparison.Ordinal);
        FakeMemory memory = new FakeMemory().Write(At, Encode(isRich, isAheadOfTime: false, parts: 0));
        var block = new CodeBlock { Method = 1, Start = 1, Base = 1, PartStart = 1, PartUnwind = 1, Unwind = 1, DebugInfo = At };
        Assert.Equal(isKnown, DebugInfo.Read(memory.Memory, Layouts.Code(contracts), block) is not null);
    }

    [Fact]
    public void DamageGivesLess()
    {
        byte[] whole = Encode(isRich: true, isAheadOfTime: false, parts: 0);
        var random = new Random(3);
        for (int length = 0; length < whole.Length; length++)
            Assert.Null(Read(whole[..length], isRich: true, isAheadOfTime: false));
        for (int i = 0; i < 5000; i++)
        {
            byte[] damaged = [.. whole];
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            Read(damaged, isRich: i % 2 == 0, isAheadOfTime: i % 3 == 0)?.ILOffset(25);
        }
    }

    private static DebugInfo? Read(byte[] bytes, bool isRich, bool isAheadOfTime)
    {
        FakeMemory memory = new FakeMemory().Write(At, bytes);
        return DebugInfo.Read(memory.Memory, Layouts.Code(isRich), new CodeBlock { Method = 1, Start = 1, Base = 1, PartStart = 1, PartUnwind = 1, Unwind = 1, DebugInfo = At, IsAheadOfTime = isAheadOfTime });
    }

    private static byte[] Encode(bool isRich, bool isAheadOfTime, byte parts)
    {
        const int startBits = 6, ilBits = 4;
        var map = new NibbleWriter();
        map.Add((uint)Entries.Length);
        map.Add(startBits - 1);
        map.Add(ilBits - 1);
        var bits = new List<bool>();
        uint last = 0;
        foreach ((uint start, int il, bool isCall) in Entries)
        {
            Bits(isCall ? 1u : 2u, isRich ? 3 : 2);
            Bits(start - last, startBits);
            Bits((uint)(il + 3), ilBits);
            last = start;
        }
        byte[] packed = new byte[(bits.Count + 7) / 8];
        for (int i = 0; i < bits.Count; i++)
            packed[i / 8] |= (byte)(bits[i] ? 1 << (i % 8) : 0);
        byte[] content = [.. map.Bytes, .. packed];
        var header = new NibbleWriter();
        foreach (uint size in isRich ? (uint[])[0, (uint)content.Length, 0, 0, 0, 0, 0] : [(uint)content.Length, 0])
            header.Add(size);
        byte[] before = isRich || isAheadOfTime ? [] : [parts, .. (parts & 1) != 0 ? Patchpoints() : [], .. (parts & 2) != 0 ? (byte[])[5, 0, 0, 0, 1, 2, 3, 4, 5] : []];
        return [.. before, .. header.Bytes, .. content];

        void Bits(uint value, int count)
        {
            for (int i = 0; i < count; i++)
                bits.Add((value >> i & 1) != 0);
        }
    }

    /// <summary>Of a method with two local variables.</summary>
    private static byte[] Patchpoints()
    {
        byte[] bytes = new byte[40 + 8];
        bytes[16] = 2;
        return bytes;
    }

    private sealed class NibbleWriter
    {
        private readonly List<byte> _nibbles = [];

        public byte[] Bytes => [.. Enumerable.Range(0, (_nibbles.Count + 1) / 2).Select(i => (byte)(_nibbles[2 * i] | ((2 * i) + 1 < _nibbles.Count ? _nibbles[(2 * i) + 1] << 4 : 0)))];

        public void Add(uint value)
        {
            int more = 0;
            while (value >> (3 * (more + 1)) != 0)
                more++;
            for (; more >= 0; more--)
                _nibbles.Add((byte)((value >> (3 * more) & 7) | (more > 0 ? 8u : 0)));
        }
    }
}
