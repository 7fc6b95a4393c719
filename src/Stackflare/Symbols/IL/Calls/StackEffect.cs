namespace Stackflare.Symbols.IL.Calls;

/// <summary>How many values an instruction adds to the evaluation stack; fewer than 0 if it removes more (ECMA-335, partition III).</summary>
internal static class StackEffect
{
    /// <summary>Of all instructions except calls.</summary>
    public static int Of(int operation) => operation switch
    {
        (>= 0x02 and <= 0x09) or 0x0E or 0x0F or 0x11 or 0x12 or (>= 0x14 and <= 0x23) or 0x25 or 0x72 or 0x7E or 0x7F or 0xD0
            or 0xFE00 or 0xFE06 or 0xFE09 or 0xFE0A or 0xFE0C or 0xFE0D or 0xFE1C => 1,
        (>= 0x0A and <= 0x0D) or 0x10 or 0x13 or 0x26 or 0x2C or 0x2D or 0x39 or 0x3A or Instruction.Switch or (>= 0x58 and <= 0x64) or 0x7A or 0x80
            or 0x8F or (>= 0x90 and <= 0x9A) or 0xA3 or (>= 0xD6 and <= 0xDB) or (>= 0xFE01 and <= 0xFE05) or 0xFE0B or 0xFE0E or 0xFE11 or 0xFE15 => -1,
        (>= 0x2E and <= 0x37) or (>= 0x3B and <= 0x44) or (>= 0x51 and <= 0x57) or 0x70 or 0x7D or 0x81 or 0xDF => -2,
        (>= 0x9B and <= 0xA2) or 0xA4 or 0xFE17 or 0xFE18 => -3,
        _ => 0,
    };

    /// <summary>Of a call.</summary>
    public static int Of(in Instruction call, CalledMethod method) => call.Code == Instruction.New
        ? 1 - method.Parameters
        : (method.ReturnsValue ? 1 : 0) - method.Parameters - (method.HasThis ? 1 : 0);
}
