using Stackflare.Runtime;

namespace Stackflare.Tests.Runtime;

/// <summary>The runtime's list of threads, whole and damaged.</summary>
public sealed class RuntimeThreadsTests
{
    private const ulong First = 0x6000_0000, Second = 0x6100_0000, Store = 0x6200_0000;
    private readonly FakeMemory _memory = new() { HasPages = true };
    private readonly ThreadLayout _layout = FakeRuntime.Layout.Threads!;

    [Fact]
    public void AllAreListed()
    {
        Write(afterSecond: 0);
        Assert.Equal([First, Second], List(10, out bool isComplete));
        Assert.True(isComplete);
        Assert.Equal([First], List(1, out isComplete));
        Assert.False(isComplete);
    }

    [Theory]
    [InlineData(First)]
    [InlineData(Second)]
    public void AListThatReturnsToItselfEnds(ulong back)
    {
        Write(afterSecond: back + _layout.LinkTarget);
        Assert.Equal([First, Second], List(100_000, out bool isComplete));
        Assert.False(isComplete);
    }

    [Fact]
    public void WhatIsMissingIsSaid()
    {
        Write(afterSecond: 0x7700_0000);
        Assert.Equal([First, Second], List(10, out bool isComplete));
        Assert.False(isComplete);
    }

    private List<ulong> List(int limit, out bool isComplete) => RuntimeThreads.List(_memory.Memory, _layout, limit, out isComplete);

    private void Write(ulong afterSecond)
    {
        _memory.Pointers(_layout.Store, Store).Pointers(Store + _layout.First, First + _layout.LinkTarget);
        _memory.Write(First + _layout.State, 0u).Pointers(First + _layout.Link, Second + _layout.LinkTarget);
        _memory.Write(Second + _layout.State, 0u).Pointers(Second + _layout.Link, afterSecond);
    }
}
