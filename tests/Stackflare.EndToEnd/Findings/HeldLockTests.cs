using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Findings;

/// <summary>Which frame took a lock, in every way that there is to take one.</summary>
public sealed class HeldLockTests
{
    [Theory]
    [InFlavours(Spread.Code, LooksAt.Locks)]
    public async Task EachIsAtTheFrameThatTookIt(string flavour)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "Workshop");
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.WhenAllWaitAsync();
        LockTruth.AssertIn(dump, target.Truth, Unsure(flavour));
        Assert.Equal(1, Assert.Single(LockTruth.Of(dump, target.Truth.Named("twice")).HeldLocks).Lock.Recursion);
        Assert.Empty(dump.Deadlocks);
    }

    /// <summary>Without a statement, what is known of a lock is that somebody waits for it.</summary>
    [Theory]
    [InFlavours(Spread.Builds, LooksAt.Locks)]
    public async Task WhatWasTakenByACallIsHeld(string flavour)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "KeyBoard");
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.WhenAllWaitAsync();
        Assert.True(Where("driver", "CarKey") is "no frame" or "Drive");
        // Who took it has returned.
        Assert.Equal("no frame", Where("sailor", "BoatKey"));
        Assert.Empty(LockTruth.Of(dump, target.Truth.Named("gardener")).HeldLocks);

        string Where(string name, string type)
        {
            DumpThread thread = LockTruth.Of(dump, target.Truth.Named(name));
            HeldLock held = Assert.Single(thread.HeldLocks);
            Assert.EndsWith("." + type, held.Lock.Type, StringComparison.Ordinal);
            return held.FrameIndex is { } index ? thread.Frames[index].Method.Name : "no frame";
        }
    }

    /// <summary>What cannot be known of a lock that nobody waits for.</summary>
    private static string[] Unsure(string flavour) => Flavour.Named(flavour).IsOptimized switch
    {
        // An iterator's object has what it locked, and its stack does not.
        false => ["iterator"],
        // A type is a constant of optimized code. And what a method keeps in a register for its caller, both of them have.
        _ => ["synchronized type", "twice, and one handed", "twice, and one handed, other way"],
    };
}
