using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Findings;

/// <summary>Cycles in which not all wait for a monitor or a lock: for a thread's end, or for readers.</summary>
public sealed class OtherDeadlockTests
{
    [Theory]
    [InFlavours(Spread.Builds, LooksAt.Locks)]
    public async Task WaitingForAThreadThatWantsWhatOneHolds(string flavour)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "PrintQueue");
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.WhenAllWaitAsync();
        Deadlock deadlock = DeadlockTruth.AssertOne(dump, target.Truth, "printer", "stop");
        Assert.Equal([WaitKind.MonitorEnter, WaitKind.ThreadJoin], deadlock.Steps.Select(s => s.Wait.Kind).Order());
        LockTruth.AssertIn(dump, target.Truth);
    }

    /// <summary>All of <c>Join</c> is in its caller then, whose frame has other threads too; nothing is made up.</summary>
    [Fact]
    public async Task WhoIsJoinedIsNotToldWhereThatWasCompiledIntoTheCaller()
    {
        await using var target = await DeadlockTests.StartAsync("untiered", "PrintQueue");
        using var dumps = new LiveDumps(target);
        TruthThread printer = target.Truth.Named("printer"), stop = target.Truth.Named("stop");
        ThreadDump dump = await dumps.UntilAsync("the printer to wait", d => LockTruth.Of(d, printer).WaitingFor is { Lock: not null });
        Assert.Same(LockTruth.Of(dump, stop), LockTruth.Of(dump, printer).WaitingFor!.Lock!.Owner);
        Assert.Null(LockTruth.Of(dump, stop).WaitingFor?.Joined);
        Assert.Empty(dump.Deadlocks);
    }

    [Theory]
    [InFlavours(Spread.Builds, LooksAt.Locks, "writer", WaitKind.WriteLock)]
    [InFlavours(Spread.Builds, LooksAt.Locks, "upgrade", WaitKind.WriteLock)]
    [InFlavours(Spread.Builds, LooksAt.Locks, "look", WaitKind.UpgradeableReadLock)]
    public async Task ReadersAndWriters(string flavour, string order, WaitKind kind)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "Catalogue", "--order", order);
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.WhenAllWaitAsync();
        Deadlock deadlock = DeadlockTruth.AssertOne(dump, target.Truth, "shop window", "supplier");
        Assert.Equal(new[] { WaitKind.MonitorEnter, kind }, deadlock.Steps.Select(s => s.Wait.Kind).Order());
        DumpThread reader = LockTruth.Of(dump, target.Truth.Named("shop window"));
        HeldLock held = Assert.Single(reader.HeldLocks);
        // To look is to read, and perhaps to write later: others can read meanwhile.
        Assert.Equal((LockKind.ReaderWriterLockSlim, true), (held.Lock.Kind, held.IsShared));
        Assert.Null(held.Lock.Owner);
        DumpThread supplier = LockTruth.Of(dump, target.Truth.Named("supplier"));
        Assert.Same(order switch { "look" => reader, "upgrade" => supplier, _ => null }, held.Lock.Upgrader);
        Assert.Equal(order == "upgrade" ? [reader, supplier] : [reader], held.Lock.Readers.ToHashSet());
        LockTruth.AssertIn(dump, target.Truth);
    }
}
