using Stackflare.Capture.External;
using Stackflare.Tests.Runtime;

namespace Stackflare.Tests.Capture.External;

public sealed class CopiedMemoryTests
{
    private readonly FakeMemory _live = new FakeMemory().Write(0x1000, 1, 1, 1, 1, 1, 1, 1, 1);
    private readonly CopiedMemory _memory;

    public CopiedMemoryTests() => _memory = new CopiedMemory(_live);

    [Fact]
    public void AReadAcrossACopyHasBoth()
    {
        _memory.Keep(0x1002, new byte[] { 2, 3 }, 2);
        Assert.Equal([1, 1, 2, 3, 1, 1, 1, 1], Read(0x1000, 8));
        Assert.Equal([3, 1], Read(0x1003, 2));
    }

    [Fact]
    public void WhatWasNotCopiedIsMissingAlthoughItIsThere()
    {
        _memory.Keep(0x1002, new byte[] { 2 }, 3);
        Assert.Equal([1, 1, 2], Read(0x1000, 8));
        Assert.Empty(Read(0x1003, 2));
        Assert.Equal([1, 1], Read(0x1005, 2));
    }

    /// <summary>The stack's copy goes on behind the record that lies in it.</summary>
    [Fact]
    public void ACopyInACopyHidesNoMoreThanItself()
    {
        _memory.Keep(0x1000, new byte[] { 10, 11, 12, 13, 14, 15 }, 6);
        _memory.Keep(0x1002, new byte[] { 22 }, 1);
        _memory.Keep(0x1004, new byte[] { 24 }, 1);
        Assert.Equal([10, 11, 22, 13, 24, 15, 1, 1], Read(0x1000, 8));
        Assert.Equal([15, 1], Read(0x1005, 2));
    }

    [Fact]
    public void ACopyStaysWhenTheMemoryGoes()
    {
        _memory.Keep(0x5000, new byte[] { 9 }, 1);
        Assert.Equal([9], Read(0x5000, 4));
    }

    [Fact]
    public void CopiesAreFoundInAnyOrder()
    {
        for (int i = 7; i >= 0; i -= 2)
            _memory.Keep(0x1000 + (ulong)i, new byte[] { (byte)(10 + i) }, 1);
        Assert.Equal([1, 11, 1, 13, 1, 15, 1, 17], Read(0x1000, 8));
    }

    private byte[] Read(ulong at, int length)
    {
        byte[] bytes = new byte[length];
        return bytes[.._memory.Read(at, bytes)];
    }
}
