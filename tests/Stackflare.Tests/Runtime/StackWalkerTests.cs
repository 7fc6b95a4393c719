using Stackflare.Runtime;
using Stackflare.Runtime.Stacks;
using static Stackflare.Tests.Runtime.FakeRuntime;

namespace Stackflare.Tests.Runtime;

/// <summary>Walks of made-up stacks: how each one ends.</summary>
public sealed class StackWalkerTests
{
    private const ulong Native = 0x4000_0000, Place = Stack + 0x28 + 0x20;
    private readonly FakeRuntime _runtime = new();
    private readonly ulong _inner, _outer;

    /// <summary>The inner method was called by the outer one, and that by native code.</summary>
    public StackWalkerTests()
    {
        _inner = _runtime.Method(0x100);
        _outer = _runtime.Method(0x400);
        _runtime.Memory.Write(Native, 0x90, 0x90, 0xE8, 1, 2, 3, 4, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90);
        _runtime.Memory.Pointers(Stack + 0x20, _outer + 0x20).Pointers(Place, Native + 7);
    }

    private Registers Inner
    {
        get
        {
            var registers = new Registers { Ip = _inner + 0x20, Sp = Stack };
            registers[Registers.Rbp] = 0xBB;
            return registers;
        }
    }

    [Fact]
    public void AStackEndsWhereNativeCodeCalled()
    {
        Assert.Equal([_inner + 0x20, _outer + 0x20, 0], _runtime.Walk(Inner, out WalkEnd end));
        Assert.Equal(WalkEnd.Complete, end);
    }

    /// <summary>The runtime has put its own code in the place of a return address. Its thread knows the real one.</summary>
    [Fact]
    public void AReplacedReturnAddressIsFound()
    {
        ulong third = _runtime.Method(0x800);
        _runtime.Memory.Pointers(Place, Native + 0xF).Pointers(Place + 0x28, Native + 7);
        _runtime.State(ThreadLayout.Hijacked).Memory.Pointers(ThreadAt + 0x200, third + 0x30, Place);
        Assert.Equal([_inner + 0x20, _outer + 0x20, third + 0x30, 0], _runtime.Walk(Inner, out WalkEnd end));
        Assert.Equal(WalkEnd.Complete, end);
    }

    [Theory]
    [InlineData(0, 0x800)]
    [InlineData(ThreadLayout.Hijacked, 0x123)]
    public void OneThatIsNotKnownCutsTheStack(uint state, uint real)
    {
        _runtime.Method(0x800);
        _runtime.Memory.Pointers(Place, Native + 0xF);
        _runtime.State(state).Memory.Pointers(ThreadAt + 0x200, (real == 0x123 ? 0 : FakeRuntime.Heap) + real, Place);
        Assert.Equal([_inner + 0x20, _outer + 0x20], _runtime.Walk(Inner, out WalkEnd end));
        Assert.Equal(WalkEnd.Replaced, end);
    }

    /// <summary>The place can have been used before, and the thread still has what was there.</summary>
    [Fact]
    public void AnOldReplacementIsNotUsed()
    {
        _runtime.Memory.Pointers(ThreadAt + 0x200, _inner + 0x30, Place);
        Assert.Equal([_inner + 0x20, _outer + 0x20, 0], _runtime.Walk(Inner, out WalkEnd end));
        Assert.Equal(WalkEnd.Complete, end);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void ALimitIsSaid(int limit)
    {
        Assert.Equal(limit, _runtime.Walk(Inner, out WalkEnd end, limit).Length);
        Assert.Equal(WalkEnd.Limit, end);
    }

    [Fact]
    public void AFrameThatCannotBeLeftBreaksTheStack()
    {
        Registers registers = Inner;
        registers.Sp = 0x1234_0000;
        Assert.Equal([_inner + 0x20], _runtime.Walk(registers, out WalkEnd end));
        Assert.Equal(WalkEnd.Broken, end);
    }

    /// <summary>Without registers, or in native code that was called with a frame object, the walk begins at that object.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AFrameObjectLeadsToTheCaller(bool hasRegisters)
    {
        WriteCall(Stack + 0x10);
        Registers? registers = hasRegisters ? new Registers { Ip = Native, Sp = Stack - 0x100 } : null;
        Assert.Equal([_outer + 0x20, 0], _runtime.Walk(registers, out WalkEnd end));
        Assert.Equal(WalkEnd.Complete, end);
    }

    [Fact]
    public void ObjectsThatReturnToThemselvesEnd()
    {
        WriteCall(Stack + 0x10, next: Stack + 0x10);
        Assert.Equal([_outer + 0x20, 0], _runtime.Walk(null, out WalkEnd end));
        Assert.Equal(WalkEnd.Complete, end);
    }

    /// <summary>In cooperative mode, native code may have been called without an object. Without unwind tables, nothing is known of its callers.</summary>
    [Fact]
    public void LostInnermostFramesAreSaid()
    {
        WriteCall(Stack + 0x10);
        _runtime.IsCooperative();
        Assert.Equal([_outer + 0x20, 0], _runtime.Walk(new Registers { Ip = Native, Sp = Stack - 0x100 }, out WalkEnd end));
        Assert.Equal(WalkEnd.InnermostLost, end);
    }

    /// <summary>A native function that calls itself more often than the walk follows.</summary>
    [Theory]
    [InlineData(10, true)]
    [InlineData(300, false)]
    public void TooManyNativeFramesAreSaid(int depth, bool isComplete)
    {
        NativeImage.Write(_runtime.Memory, Native + 0x10000, out ulong function);
        _runtime.Images.Add(new MappedImage(Native + 0x10000, Native + 0x20000, "/lib/native.so"));
        // Each frame is a return address alone.
        for (int i = 0; i < depth; i++)
            _runtime.Memory.Pointers(Stack - 0x1000 + ((ulong)i * 8), function + 2);
        ulong last = Stack - 0x1000 + ((ulong)depth * 8);
        _runtime.Memory.Pointers(last, _outer + 0x20).Pointers(last + 0x28, Native + 7);
        _runtime.IsCooperative();
        ulong[] frames = _runtime.Walk(new Registers { Ip = function + 2, Sp = Stack - 0x1000 }, out WalkEnd end);
        Assert.Equal(isComplete ? WalkEnd.Complete : WalkEnd.InnermostLost, end);
        // The frames that were left are shown, as the program may hang because of them.
        Assert.Equal(isComplete ? [.. Enumerable.Repeat(function + 2, depth + 1), _outer + 0x20, 0] : [], frames);
    }

    /// <summary>An object of a P/Invoke of the outer method.</summary>
    private void WriteCall(ulong at, ulong next = ulong.MaxValue)
    {
        FrameLayout frames = Layout.Frames!;
        _runtime.Memory.Pointers(at, frames.InlinedCall).Pointers(at + frames.Next, next);
        _runtime.Memory.Pointers(at + frames.CallAddress, _outer + 0x20).Pointers(at + frames.CallSp, Stack + 0x28).Pointers(at + frames.CallFp, 0xBB);
        if (Layout.Calls is { } calls)
            _runtime.Memory.Pointers(at + calls.Target, 0);
        _runtime.Memory.Pointers(Place, Native + 7);
        _runtime.Objects(at);
    }
}
