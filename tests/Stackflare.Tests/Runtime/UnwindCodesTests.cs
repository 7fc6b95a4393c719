using Stackflare.Runtime.Code;
using Stackflare.Runtime.Stacks;

namespace Stackflare.Tests.Runtime;

/// <summary>Leaving managed frames: in their bodies, their first and last instructions, and in blocks that handle exceptions.</summary>
public sealed class UnwindCodesTests
{
    private const ulong Code = 0x40_0000, Codes = 0x41_0000, Stack = 0x7FFF_0000, ReturnAddress = 0xCA11;
    private readonly FakeMemory _memory = new();

    /// <summary>push rbp; push rbx; sub rsp, 40; lea rbp, [rsp + 48]</summary>
    public UnwindCodesTests()
    {
        _memory.Write(Codes, 1, 11, 3, 0, 6, 0x42, 2, 0x30, 1, 0x50);
        _memory.Write(Code, new byte[128]);
        for (ulong i = 0; i < 64; i++)
            _memory.Pointers(Stack + (i * 8), 0xF00 + i);
        // From the place where the body has its stack pointer: 40 bytes, rbx, rbp, the return address.
        _memory.Pointers(Stack + 40, 0xBB, 0xBAD, ReturnAddress);
    }

    [Theory]
    [InlineData(20, 0, false)]
    [InlineData(20, 0, true)]
    [InlineData(6, 0, true)]
    [InlineData(2, 40, true)]
    [InlineData(1, 48, true)]
    [InlineData(0, 56, true)]
    public void TheCallerIsFound(uint offset, ulong sp, bool isExact)
    {
        var registers = new Registers { Ip = Code + offset, Sp = Stack + sp };
        registers[Registers.Rbx] = offset >= 2 ? 1ul : 0xBB;
        registers[Registers.Rbp] = offset >= 1 ? 2ul : 0xBAD;
        Assert.True(UnwindCodes.Leave(_memory.Memory, ref registers, Block, isExact));
        Assert.Equal((ReturnAddress, Stack + 64, 0xBBul, 0xBADul), (registers.Ip, registers.Sp, registers[Registers.Rbx], registers.Fp));
    }

    /// <summary>add rsp, 40; pop rbx; pop rbp; ret: whatever is left of it.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(4, 40)]
    [InlineData(5, 48)]
    [InlineData(6, 56)]
    public void AnEpilogIsLeft(ulong at, ulong sp)
    {
        _memory.Write(Code + 60, 0x48, 0x83, 0xC4, 0x28, 0x5B, 0x5D, 0xC3);
        var registers = new Registers { Ip = Code + 60 + at, Sp = Stack + sp };
        registers[Registers.Rbx] = 0xBB;
        registers[Registers.Rbp] = 0xBAD;
        Assert.True(UnwindCodes.Leave(_memory.Memory, ref registers, Block, isExact: true));
        Assert.Equal((ReturnAddress, Stack + 64, 0xBBul, 0xBADul), (registers.Ip, registers.Sp, registers[Registers.Rbx], registers.Fp));
    }

    /// <summary>The same, but at its end the method jumps to another one: directly, through a register, through a cell of the image.</summary>
    [Theory]
    [InlineData(0, 0, new byte[] { 0xE9, 0x00, 0x10, 0, 0 })]
    [InlineData(5, 48, new byte[] { 0xE9, 0x00, 0x10, 0, 0 })]
    [InlineData(6, 56, new byte[] { 0xE9, 0x00, 0x10, 0, 0 })]
    [InlineData(0, 0, new byte[] { 0x48, 0xFF, 0xE0, 0, 0 })]
    [InlineData(6, 56, new byte[] { 0x48, 0xFF, 0xE0, 0, 0 })]
    [InlineData(6, 56, new byte[] { 0x48, 0xFF, 0x20, 0, 0 })]
    [InlineData(6, 56, new byte[] { 0xFF, 0x25, 0x10, 0, 0 })]
    [InlineData(0, 0, new byte[] { 0xFF, 0xE0, 0, 0, 0 })]
    public void AnEpilogCanEndWithAJump(ulong at, ulong sp, byte[] jump)
    {
        _memory.Write(Code + 60, 0x48, 0x83, 0xC4, 0x28, 0x5B, 0x5D).Write(Code + 66, jump);
        var registers = new Registers { Ip = Code + 60 + at, Sp = Stack + sp };
        registers[Registers.Rbx] = 0xBB;
        registers[Registers.Rbp] = 0xBAD;
        Assert.True(UnwindCodes.Leave(_memory.Memory, ref registers, Block, isExact: true));
        Assert.Equal((ReturnAddress, Stack + 64, 0xBBul, 0xBADul), (registers.Ip, registers.Sp, registers[Registers.Rbx], registers.Fp));
    }

    /// <summary>A jump of a loop, one over a few instructions, and that of a switch.</summary>
    [Theory]
    [InlineData(new byte[] { 0xE9, 0xE0, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0xEB, 0x10, 0, 0, 0 })]
    [InlineData(new byte[] { 0xFF, 0xE0, 0, 0, 0 })]
    public void AJumpInTheMethodIsNoEpilog(byte[] jump)
    {
        _memory.Write(Code + 60, jump);
        var registers = new Registers { Ip = Code + 60, Sp = Stack };
        Assert.True(UnwindCodes.Leave(_memory.Memory, ref registers, Block, isExact: true));
        Assert.Equal((ReturnAddress, Stack + 64), (registers.Ip, registers.Sp));
    }

    [Fact]
    public void AHandlerLeadsToTheCallerOfItsMethod()
    {
        var registers = new Registers { Ip = Code + 100, Sp = Stack - 0x1000 };
        registers[Registers.Rbp] = Stack + 48;
        Assert.True(UnwindCodes.LeaveMethodOf(_memory.Memory, ref registers, Block));
        Assert.Equal((ReturnAddress, Stack + 64, 0xBBul, 0xBADul), (registers.Ip, registers.Sp, registers[Registers.Rbx], registers.Fp));
    }

    [Fact]
    public void AMethodWithoutFramePointerCannotBeFoundByIt()
    {
        _memory.Write(Codes, 1, 5, 2, 0, 5, 0x42, 1, 0x30);
        var registers = new Registers { Ip = Code + 100, Sp = Stack };
        registers[Registers.Rbp] = Stack + 48;
        Assert.False(UnwindCodes.LeaveMethodOf(_memory.Memory, ref registers, Block));
    }

    [Fact]
    public void AChainThatReturnsToItselfEnds()
    {
        // The part goes on in itself.
        _memory.Write(Codes, 0x21, 0, 0, 0).Write(Codes + 4, 0u).Write(Codes + 8, 0u).Write(Codes + 12, (uint)(Codes - Code));
        var registers = new Registers { Ip = Code + 20, Sp = Stack };
        Assert.False(UnwindCodes.Leave(_memory.Memory, ref registers, Block, isExact: false));
    }

    private static CodeBlock Block => new() { Method = 1, Start = Code, Base = Code, PartStart = Code, PartEnd = Code + 128, PartUnwind = Codes, Unwind = Codes };
}
