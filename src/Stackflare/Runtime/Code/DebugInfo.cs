using Stackflare.Snapshots;
using static Stackflare.Runtime.DebugInfoLayout;

namespace Stackflare.Runtime.Code;

/// <summary>
/// The compiler's map from the code of one compiled method to IL. It belongs to exactly this code: another version of the method has another map. The
/// format is described in docs/design/datacontracts/DebugInfo.md of the runtime's repository.
/// </summary>
internal sealed class DebugInfo
{
    private const int MaxEntries = 1 << 14, MaxPlaces = 1 << 12, MaxBits = 32;

    private readonly (uint Start, int IL)[] _entries;

    private DebugInfo((uint Start, int IL)[] entries)
    {
        _entries = entries;
        uint[] places = [.. entries.Where(static e => e.IL >= 0).Select(static e => (uint)e.IL)];
        Places = places.Length > MaxPlaces ? null : new ILPlaces(places);
    }

    /// <summary>All IL offsets that the code has places for; null if they are too many.</summary>
    public ILPlaces? Places { get; }

    /// <summary>The number of its entries.</summary>
    public int Count => _entries.Length;

    /// <summary>The map of a compiled method; null if it has none, if it is damaged, or if its format is not known.</summary>
    public static DebugInfo? Read(ProcessMemory memory, CodeLayout layout, CodeBlock block)
    {
        try
        {
            return block.DebugInfo == 0 || !layout.HasKnownDebugInfo ? null : Read(memory, block.DebugInfo, layout.HasRichDebugInfo, block.IsAheadOfTime);
        }
        catch (MissingMemoryException)
        {
            return null;
        }
    }

    /// <summary>The IL offset of an offset in the code: that of its range. A range without IL belongs to the preceding one, the prolog to the start.</summary>
    public int? ILOffset(uint offset)
    {
        int? found = null;
        for (int i = 0; i < _entries.Length && _entries[i].Start <= offset; i++)
        {
            if (_entries[i].IL is >= 0 or Prolog)
                found = Math.Max(_entries[i].IL, 0);
        }
        return found;
    }

    /// <summary>The IL offset of the entry that begins exactly at an offset in the code; null if there is none.</summary>
    public int? ILOffsetAt(uint offset)
    {
        foreach ((uint start, int il) in _entries)
        {
            if (start == offset && il >= 0)
                return il;
        }
        return null;
    }

    /// <summary>The IL offset of the code behind the range of an offset; null if there is none.</summary>
    public int? ILNext(uint offset)
    {
        foreach ((uint start, int il) in _entries)
        {
            if (start > offset && il >= 0)
                return il;
        }
        return null;
    }

    private static DebugInfo? Read(ProcessMemory memory, ulong at, bool isRich, bool isAheadOfTime)
    {
        if (!isRich && !isAheadOfTime)
            at = SkipOtherParts(memory, at);
        var header = new Nibbles(memory, at);
        uint size = header.Next();
        int others = 1;
        if (size == 0 && isRich)
        {
            size = header.Next();
            others = OtherParts;
        }
        if (size == 0)
            return null;
        for (int i = 0; i < others; i++)
            header.Next();
        var map = new Nibbles(memory, header.End);
        uint count = map.Next(), startBits = map.Next() + 1, ilBits = map.Next() + 1;
        if (count > MaxEntries || startBits > MaxBits || ilBits > MaxBits)
            return null;
        int kindBits = isRich ? RichKindBits : KindBits;
        int length = (int)(((count * (startBits + ilBits + kindBits)) + 7) / 8);
        var bits = new Bits(memory.Bytes(map.End, length));
        var entries = new List<(uint, int)>();
        uint start = 0;
        for (uint i = 0; i < count; i++)
        {
            uint kind = bits.Next(kindBits);
            start += bits.Next((int)startBits);
            int il = (int)bits.Next((int)ilBits) - FirstIL;
            if ((kind & IsCall) == 0)
                entries.Add((start, il));
        }
        return new DebugInfo([.. entries]);
    }

    private static ulong SkipOtherParts(ProcessMemory memory, ulong at)
    {
        byte parts = memory.Read<byte>(at++);
        if ((parts & HasPatchpoints) != 0)
            at += PatchpointBytes + ((ulong)memory.Read<uint>(at + PatchpointLocals) * LocalBytes);
        if ((parts & HasInlineTree) != 0)
            at += sizeof(uint) + (ulong)memory.Read<uint>(at);
        return at;
    }

    /// <summary>Numbers of 3 bits in each half of a byte, the highest first; the fourth bit says that the number goes on.</summary>
    private sealed class Nibbles(ProcessMemory memory, ulong at)
    {
        private ulong _at = at;
        private bool _isHigh;
        private byte _last;

        /// <summary>The address behind the byte that was read last.</summary>
        public ulong End => _at;

        public uint Next()
        {
            uint value = 0;
            for (int i = 0; i < MaxNumberParts; i++)
            {
                int nibble = Nibble();
                value = (value << NumberBits) + (uint)(nibble & ((1 << NumberBits) - 1));
                if (nibble >> NumberBits == 0)
                    return value;
            }
            throw new MissingMemoryException(_at);
        }

        private int Nibble()
        {
            _isHigh = !_isHigh;
            if (!_isHigh)
                return _last >> 4;
            _last = memory.Read<byte>(_at++);
            return _last & 0xF;
        }
    }

    private sealed class Bits(byte[] bytes)
    {
        private int _at;

        public uint Next(int count)
        {
            uint value = 0;
            for (int i = 0; i < count; i++, _at++)
                value |= (uint)((bytes[_at >> 3] >> (_at & 7)) & 1) << i;
            return value;
        }
    }
}
