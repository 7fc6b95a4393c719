using Stackflare.Analysis;

namespace Stackflare.Tests.Analysis;

public sealed class StackTableTests
{
    [Fact]
    public void ARowHasOneNumberHoweverOftenItComes()
    {
        using var table = new StackTable();
        int[][] rows = [[1, 2, 3], [], [1, 2], [3, 2, 1], [1, 2, 3], [], [2]];
        Assert.Equal([0, 1, 2, 3, 0, 1, 4], rows.Select(r => table.IdOf(r)));
        Assert.Equal(5, table.Count);
        Assert.Equal([3, 2, 1], table[3]);
        Assert.Equal([], table[1]);
    }

    [Fact]
    public void RowsStayWhenTheTableGrows()
    {
        using var table = new StackTable();
        for (int i = 0; i < 1000; i++)
            Assert.Equal(i, table.IdOf([.. Enumerable.Range(i, 50)]));
        for (int i = 0; i < 1000; i++)
            Assert.Equal(i, table.IdOf([.. Enumerable.Range(i, 50)]));
        Assert.Equal(Enumerable.Range(7, 50), table[7].ToArray());
        int[] large = [.. Enumerable.Range(0, 200_000)];
        Assert.Equal(1000, table.IdOf(large));
        Assert.Equal(large, table[1000]);
    }

    [Fact]
    public void WhatThereIsNoRoomForIsNotKept()
    {
        using var table = new StackTable(limit: 5);
        Assert.True(table.TryGetId([1, 2, 3], out int first));
        Assert.False(table.TryGetId([4, 5, 6], out _));
        Assert.True(table.TryGetId([1, 2, 3], out int again));
        Assert.Equal(first, again);
        Assert.True(table.TryGetId([4, 5], out int second));
        Assert.Equal(second + 1, table.IdOf([7, 8, 9]));
        Assert.Equal([7, 8, 9], table[second + 1]);
        Assert.Equal(3, table.Count);
    }
}
