namespace Stackflare.EndToEnd.Problems;

/// <summary>Circles in which not all wait for a monitor or a lock: for a thread's end, or for readers.</summary>
public sealed class OtherDeadlockTests
{
    [Theory]
    [InlineData("optimized")]
    [InlineData("untiered")]
    [InlineData("unoptimized")]
    [InlineData("net9")]
    [InlineData("net9, unoptimized")]
    public async Task WaitingForAThreadThatWantsWhatOneHolds(string flavour)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "PrintQueue");
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.WhenAllWaitAsync();
        Deadlock deadlock = DeadlockTruth.AssertOne(dump, target.Truth, "printer", "stop");
        Assert.Equal([WaitKind.MonitorEnter, WaitKind.ThreadJoin], deadlock.Steps.Select(s => s.Wait.Kind).Order());
        LockTruth.AssertIn(dump, target.Truth);
    }

    [Theory]
    [InlineData("optimized", "writer", WaitKind.WriteLock)]
    [InlineData("unoptimized", "writer", WaitKind.WriteLock)]
    [InlineData("net9", "writer", WaitKind.WriteLock)]
    [InlineData("net9, unoptimized", "writer", WaitKind.WriteLock)]
    [InlineData("optimized", "upgrade", WaitKind.WriteLock)]
    [InlineData("unoptimized", "upgrade", WaitKind.WriteLock)]
    [InlineData("net9", "upgrade", WaitKind.WriteLock)]
    [InlineData("net9, unoptimized", "upgrade", WaitKind.WriteLock)]
    [InlineData("optimized", "look", WaitKind.UpgradeableReadLock)]
    [InlineData("unoptimized", "look", WaitKind.UpgradeableReadLock)]
    [InlineData("net9", "look", WaitKind.UpgradeableReadLock)]
    [InlineData("net9, unoptimized", "look", WaitKind.UpgradeableReadLock)]
    public async Task ReadersAndWriters(string flavour, string order, WaitKind kind)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "Catalogue", "--order", order);
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.WhenAllWaitAsync();
        Deadlock deadlock = DeadlockTruth.AssertOne(dump, target.Truth, "shop window", "supplier");
        Assert.Equal(new[] { WaitKind.MonitorEnter, kind }, deadlock.Steps.Select(s => s.Wait.Kind).Order());
        DumpThread reader = LockTruth.Of(dump, target.Truth.Named("shop window"));
        HeldLock held = Assert.Single(reader.HeldLocks);
        Assert.Equal((LockKind.ReaderWriterLockSlim, order != "look"), (held.Lock.Kind, held.IsShared));
        if (order == "look")
            Assert.Same(reader, held.Lock.Owner);
        else
            Assert.Equal([reader], held.Lock.Readers);
        LockTruth.AssertIn(dump, target.Truth);
    }
}
