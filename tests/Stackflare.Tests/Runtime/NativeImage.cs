using System.Buffers.Binary;

namespace Stackflare.Tests.Runtime;

/// <summary>A library in memory with one function and its unwind table, as linkers write them.</summary>
internal static class NativeImage
{
    private const uint Index = 0x200, Tables = 0x300, Function = 0x1000, FunctionBytes = 0x40;

    /// <summary>Writes it to an address. The function pushes rbp after its first instruction if asked to; its frame is else its return address alone.</summary>
    public static void Write(FakeMemory memory, ulong start, out ulong function, bool pushes = false, bool isSignal = false)
    {
        byte[] header = new byte[64 + (2 * 56)];
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(32), 64);
        header[56] = 2;
        Part(0, 1, 0);
        Part(1, 0x6474E550, Index);
        memory.Write(start, header);
        // What functions have in common: rsp + 8 is the frame, the return address is right below it.
        byte[] common = [0, 0, 0, 0, 1, .. isSignal ? "zRS\0"u8 : "zR\0"u8, 1, 0x78, 16, 1, 0x1B, 0x0C, 7, 8, 0x90, 1];
        common = [.. common, .. new byte[-common.Length & 3]];
        byte[] rules = pushes ? [0x41, 0x0E, 16, 0x86, 2] : [];
        uint description = Tables + 4 + (uint)common.Length;
        byte[] own = [.. U4(description + 4 - Tables), .. U4(Function - (description + 8)), .. U4(FunctionBytes), 0, .. rules];
        own = [.. own, .. new byte[-own.Length & 3]];
        memory.Write(start + Tables, [.. U4((uint)common.Length), .. common, .. U4((uint)own.Length), .. own, 0, 0, 0, 0]);
        memory.Write(start + Index, [1, 0x1B, 3, 0x3B, .. U4(Tables - (Index + 4)), .. U4(1), .. U4(Function - Index), .. U4(description - Index)]);
        memory.Write(start + Function, new byte[FunctionBytes]);
        function = start + Function;

        void Part(int index, uint kind, uint place)
        {
            Span<byte> part = header.AsSpan(64 + (56 * index));
            BinaryPrimitives.WriteUInt32LittleEndian(part, kind);
            BinaryPrimitives.WriteUInt64LittleEndian(part[8..], place);
            BinaryPrimitives.WriteUInt64LittleEndian(part[16..], place);
            BinaryPrimitives.WriteUInt64LittleEndian(part[32..], 0x1000);
        }
    }

    private static byte[] U4(uint value) => BitConverter.GetBytes(value);
}
