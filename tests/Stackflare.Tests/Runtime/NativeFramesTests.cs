using Stackflare.Runtime;
using Stackflare.Runtime.Stacks;

namespace Stackflare.Tests.Runtime;

/// <summary>Leaving native frames by unwind tables in memory.</summary>
public sealed class NativeFramesTests
{
    private const ulong Start = 0x4000_0000, Stack = 0x7FFF_0000, ReturnAddress = 0xCA11;
    private readonly FakeMemory _memory = new() { HasPages = true };

    [Theory]
    [InlineData(false, 0, 0)]
    [InlineData(false, 0x20, 0)]
    [InlineData(true, 0, 0)]
    [InlineData(true, 1, 8)]
    [InlineData(true, 0x3F, 8)]
    public void TheCallerIsFound(bool pushes, uint offset, uint pushed)
    {
        NativeImage.Write(_memory, Start, out ulong function, pushes);
        _memory.Pointers(Stack, 0xBB).Pointers(Stack + pushed, ReturnAddress);
        var registers = new Registers { Ip = function + offset, Sp = Stack };
        registers[Registers.Rbp] = pushed > 0 ? 1ul : 0xBB;
        bool isExact = true;
        Assert.True(Frames(_memory).TryLeave(ref registers, ref isExact));
        Assert.Equal((ReturnAddress, Stack + pushed + 8, 0xBBul, false), (registers.Ip, registers.Sp, registers.Fp, isExact));
    }

    /// <summary>A return address can be right behind the function whose call does not return.</summary>
    [Fact]
    public void AReturnAddressBelongsToTheCallBeforeIt()
    {
        NativeImage.Write(_memory, Start, out ulong function);
        _memory.Pointers(Stack, ReturnAddress);
        var registers = new Registers { Ip = function + 0x40, Sp = Stack };
        bool isExact = false;
        Assert.True(Frames(_memory).TryLeave(ref registers, ref isExact));
        isExact = true;
        registers = new Registers { Ip = function + 0x40, Sp = Stack };
        Assert.False(Frames(_memory).TryLeave(ref registers, ref isExact));
    }

    [Fact]
    public void ASignalInterruptsItsCallerAnywhere()
    {
        NativeImage.Write(_memory, Start, out ulong function, isSignal: true);
        _memory.Pointers(Stack, ReturnAddress);
        var registers = new Registers { Ip = function, Sp = Stack };
        bool isExact = true;
        Assert.True(Frames(_memory).TryLeave(ref registers, ref isExact));
        Assert.True(isExact);
    }

    [Fact]
    public void CodeWithoutTableIsNotLeft()
    {
        NativeImage.Write(_memory, Start, out ulong function);
        var registers = new Registers { Ip = function, Sp = Stack };
        bool isExact = true;
        Assert.False(new NativeFrames(_memory.Memory, new MappedImages([])).TryLeave(ref registers, ref isExact));
        registers.Ip = Start + 0x100;
        Assert.False(Frames(_memory).TryLeave(ref registers, ref isExact));
    }

    /// <summary>Whatever the tables have in them: a caller or none, in little time.</summary>
    [Fact]
    public void DamageIsNoForeignError()
    {
        var random = new Random(7);
        Effort effort = Effort.Begin();
        for (int i = 0; i < 2000; i++)
        {
            var memory = new FakeMemory { HasPages = true };
            NativeImage.Write(memory, Start, out ulong function, pushes: true);
            memory.Pointers(Stack, 0xBB, ReturnAddress);
            for (int flips = random.Next(1, 4); flips > 0; flips--)
                memory.Write(Start + 0x200 + (ulong)random.Next(0x140), (byte)random.Next(256));
            var registers = new Registers { Ip = function + 4, Sp = Stack };
            bool isExact = true;
            Frames(memory).TryLeave(ref registers, ref isExact);
        }
        Assert.InRange(effort.Used.TotalSeconds, 0, 20);
    }

    private static NativeFrames Frames(FakeMemory memory) => new(memory.Memory, new MappedImages([new MappedImage(Start, Start + 0x2000, "/lib/native.so")]));
}
