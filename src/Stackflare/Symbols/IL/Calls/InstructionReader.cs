using System.Buffers.Binary;

namespace Stackflare.Symbols.IL.Calls;

/// <summary>Splits a method's IL into instructions (ECMA-335, partition III).</summary>
internal static class InstructionReader
{
    private const int Prefix = 0xFE;

    /// <summary>The instructions in order. Ends at the first one that is cut off or does not exist.</summary>
    /// <param name="code">The IL.</param>
    /// <param name="targets">Receives the targets of <c>switch</c> instructions.</param>
    public static List<Instruction> Read(ReadOnlySpan<byte> code, List<int> targets)
    {
        var instructions = new List<Instruction>();
        bool isConstrained = false;
        for (int at = 0; at < code.Length;)
        {
            int start = at, operation = code[at++];
            if (operation == Prefix)
            {
                if (at == code.Length)
                    break;
                operation = (Prefix << 8) | code[at++];
            }
            int size = OperandBytes(operation);
            if (operation == Instruction.Switch)
            {
                long count = at + sizeof(int) <= code.Length ? BinaryPrimitives.ReadUInt32LittleEndian(code[at..]) : uint.MaxValue;
                if (count > code.Length)
                    break;
                size = sizeof(int) * (1 + (int)count);
            }
            if (size < 0 || at + size > code.Length)
                break;
            if (operation == Instruction.Switch)
            {
                for (int i = sizeof(int); i < size; i += sizeof(int))
                    targets.Add(at + size + BinaryPrimitives.ReadInt32LittleEndian(code[(at + i)..]));
            }
            instructions.Add(new Instruction(start, at + size, operation, Operand(operation, code.Slice(at, size), at + size)) { IsConstrained = isConstrained });
            isConstrained = operation == Instruction.Constrained;
            at += size;
        }
        return instructions;
    }

    private static int Operand(int operation, ReadOnlySpan<byte> bytes, int end) => operation switch
    {
        >= 0x06 and <= 0x09 => operation - 0x06,
        >= 0x0A and <= 0x0D => operation - 0x0A,
        0x11 or 0x13 => bytes[0],
        0xFE0C or 0xFE0E => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        (>= 0x2B and <= 0x37) or Instruction.ShortLeave => end + (sbyte)bytes[0],
        (>= 0x38 and <= 0x44) or Instruction.Leave => end + BinaryPrimitives.ReadInt32LittleEndian(bytes),
        Instruction.Switch => (bytes.Length / sizeof(int)) - 1,
        _ => bytes.Length == sizeof(int) ? BinaryPrimitives.ReadInt32LittleEndian(bytes) : 0,
    };

    /// <summary>Negative if the operation does not exist.</summary>
    private static int OperandBytes(int operation) => operation switch
    {
        (>= 0x0E and <= 0x13) or 0x1F or (>= 0x2B and <= 0x37) or 0xDE or 0xFE12 or 0xFE19 => 1,
        >= 0xFE09 and <= 0xFE0E => 2,
        0x20 or 0x22 or (>= 0x27 and <= 0x29) or (>= 0x38 and <= 0x44) or (>= 0x6F and <= 0x75) or 0x79 or (>= 0x7B and <= 0x81) or 0x8C or 0x8D
            or 0x8F or (>= 0xA3 and <= 0xA5) or 0xC2 or 0xC6 or 0xD0 or 0xDD or 0xFE06 or 0xFE07 or 0xFE15 or 0xFE16 or 0xFE1C => 4,
        0x21 or 0x23 => 8,
        0x24 or 0x77 or 0x78 or (>= 0xA6 and <= 0xB2) or (>= 0xBB and <= 0xC1) or 0xC4 or 0xC5 or (>= 0xC7 and <= 0xCF) or (>= 0xE1 and <= 0xFD)
            or 0xFF or 0xFE08 or 0xFE10 or 0xFE1B or > 0xFE1E => -1,
        _ => 0,
    };
}
