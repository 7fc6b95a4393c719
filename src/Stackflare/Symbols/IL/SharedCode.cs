using System.Buffers.Binary;

namespace Stackflare.Symbols.IL;

/// <summary>
/// Whether the compiler may have merged the code of two await calls: if branches begin with equal statements, or end with equal ones and continue at
/// the same place. The merged code then has the IL offset of one of them for both.
/// </summary>
internal static class SharedCode
{
    private const byte Nop = 0x00, Return = 0x2A, ShortBranch = 0x2B, ShortConditional = 0x2C, Branch = 0x38, Switch = 0x45, Leave = 0xDD, ShortLeave = 0xDE, Prefix = 0xFE;
    private const int CallBytes = 5;

    /// <summary>A longer tail counts as equal.</summary>
    private const int LongestTail = 256;

    /// <summary>Whether the call before each of two IL offsets is the same, a precondition for merging.</summary>
    public static bool IsSameCall(ReadOnlySpan<byte> code, int one, int other) =>
        Math.Min(one, other) >= 1 && Math.Max(one, other) <= code.Length - CallBytes && code[one - 1] == code[other - 1]
            && code.Slice(one, CallBytes).SequenceEqual(code.Slice(other, CallBytes));

    /// <summary>Whether the code of two equal calls may be merged.</summary>
    /// <param name="code">The method's IL.</param>
    /// <param name="one">The IL offset of one call.</param>
    /// <param name="other">The IL offset of the other.</param>
    /// <param name="before">How many bytes of IL before them belong to their statements; negative if the statements differ in length.</param>
    public static bool IsPossible(ReadOnlySpan<byte> code, int one, int other, int before)
    {
        bool isSameStatement = before >= 0 && before <= Math.Min(one, other) && code.Slice(one - before, before).SequenceEqual(code.Slice(other - before, before));
        return (isSameStatement && AreArms(code, Math.Min(one, other) - before, Math.Max(one, other) - before)) || GoOnAlike(code, one + CallBytes, other + CallBytes);
    }

    /// <summary>Whether the second offset is where the code continues if it does not continue at the first.</summary>
    private static bool AreArms(ReadOnlySpan<byte> code, int first, int second) =>
        (first >= 2 && code[first - 2] is >= ShortConditional and < Branch && first + (sbyte)code[first - 1] == second)
        || (first >= CallBytes && code[first - CallBytes] is > Branch and < Switch && first + BinaryPrimitives.ReadInt32LittleEndian(code[(first - 4)..]) == second);

    private static bool GoOnAlike(ReadOnlySpan<byte> code, int one, int other)
    {
        for (int i = 0; i < LongestTail; i++)
        {
            one = Follow(code, one);
            other = Follow(code, other);
            if (one == other)
                return true;
            int size = Size(code, one);
            if (size == 0 || size != Size(code, other) || !code.Slice(one, size).SequenceEqual(code.Slice(other, size)))
                return false;
            if (code[one] == Return)
                return true;
            one += size;
            other += size;
        }
        return true;
    }

    /// <summary>Follows unconditional jumps to their target.</summary>
    private static int Follow(ReadOnlySpan<byte> code, int at)
    {
        for (int i = 0; i < LongestTail && at >= 0 && at < code.Length; i++)
        {
            if (code[at] == Nop)
                at++;
            else if (code[at] is ShortBranch or ShortLeave && at + 2 <= code.Length)
                at += 2 + (sbyte)code[at + 1];
            else if (code[at] is Branch or Leave && at + CallBytes <= code.Length)
                at += CallBytes + BinaryPrimitives.ReadInt32LittleEndian(code[(at + 1)..]);
            else
                break;
        }
        return at;
    }

    /// <summary>The size of an instruction; 0 if it is invalid or can continue at several places.</summary>
    private static int Size(ReadOnlySpan<byte> code, int at)
    {
        if (at < 0 || at >= code.Length)
            return 0;
        int size = code[at] switch
        {
            Switch or (>= 0x2C and <= 0x37) or (>= 0x39 and <= 0x44) => 0,
            Prefix => at + 1 < code.Length ? 2 + LongOperand(code[at + 1]) : 0,
            (>= 0x0E and <= 0x13) or 0x1F => 2,
            0x21 or 0x23 => 9,
            0x20 or 0x22 or (>= 0x27 and <= 0x29) or (>= 0x6F and <= 0x75) or 0x79 or (>= 0x7B and <= 0x81) or 0x8C or 0x8D or 0x8F
                or (>= 0xA3 and <= 0xA5) or 0xC2 or 0xC6 or 0xD0 => 5,
            _ => 1,
        };
        return at + size <= code.Length ? size : 0;
    }

    private static int LongOperand(byte code) => code switch
    {
        0x06 or 0x07 or 0x15 or 0x16 or 0x1C => 4,
        >= 0x09 and <= 0x0E => 2,
        0x12 or 0x19 => 1,
        _ => 0,
    };
}
