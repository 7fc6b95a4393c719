using Stackflare.EndToEnd.Harness;
using Stackflare.Snapshots.Format;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Locks;

/// <summary>A snapshot has the owners, waiters and frames that the threads themselves know of.</summary>
public sealed class LockTruthTests
{
    private const int Hour = 3_600_000;
    private const string LockType = "System.Threading.Lock";

    [Theory]
    [InFlavours(Spread.Files, LooksAt.Locks)]
    public async Task OwnersAndWaitersAreThoseOfTheProgram(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "Locks", TargetOptions.NoTrap);
        TargetTruth truth = target.Truth;
        LockView view = await LockView.WithWaitersAsync(target, 5, w => w.Kind is WaitRecordKind.MonitorEnter or WaitRecordKind.LockEnter);
        Assert.True(view.IsKnown && view.IsWhole);

        AssertHeld("WantedGate", LockRecordKind.Monitor, "holder", recursion: 0, waiters: 2, isThin: false);
        AssertHeld("ThinGate", LockRecordKind.Monitor, "holder", recursion: 0, waiters: 0, isThin: true);
        AssertHeld("DeepGate", LockRecordKind.Monitor, "holder", recursion: 2, waiters: 0, isThin: true);
        AssertHeld("NativeGate", LockRecordKind.Monitor, "native holder", recursion: 0, waiters: 0, isThin: true);
        AssertHeld("StaticGate", LockRecordKind.Monitor, "static holder", recursion: 0, waiters: 1, isThin: false);
        // An event that a thread waits for has a Lock of its own from .NET 11 on.
        LockSeen[] locks = [.. view.Locks.Where(l => l.Type == LockType && l.Owner is not null).OrderBy(l => l.Record.Waiters)];
        Assert.Equal([(0u, 0u, true), (1u, 2u, false)], locks.Select(l => (l.Record.Recursion, l.Record.Waiters, l.IsFromStack)));
        Assert.All(locks, l => Assert.Equal((LockRecordKind.Lock, truth.Named("holder").OsId), (l.Record.Kind, l.Owner)));

        AssertWaits("enter", WaitRecordKind.MonitorEnter, view.Named("WantedGate"), SnapshotConstants.WaitInfinite);
        AssertWaits("try enter", WaitRecordKind.MonitorEnter, view.Named("WantedGate"), Hour);
        AssertWaits("static enter", WaitRecordKind.MonitorEnter, view.Named("StaticGate"), SnapshotConstants.WaitInfinite);
        AssertWaits("pulse", WaitRecordKind.MonitorWait, view.Named("PulseGate"), Hour);
        AssertWaits("lock enter", WaitRecordKind.LockEnter, locks[1], SnapshotConstants.WaitInfinite);
        AssertWaits("lock try enter", WaitRecordKind.LockEnter, locks[1], Hour);
        Assert.Equal((null, LockFlags.WaitersKnown), (view.Named("PulseGate").Owner, view.Named("PulseGate").Record.Flags));

        // The frames that have the statement are among those that refer to the lock; of a lock that is a constant of the code none need be.
        Assert.Contains("Hold", view.MethodsThatRefer(view.Named("WantedGate")));
        Assert.Contains("Hold", view.MethodsThatRefer(view.Named("ThinGate")));
        Assert.Superset(new HashSet<string> { "Hold", "HoldDeeper" }, view.MethodsThatRefer(view.Named("DeepGate")).ToHashSet());
        Assert.Contains("HoldInNativeCode", view.MethodsThatRefer(view.Named("NativeGate")));
        Assert.All(locks, l => Assert.Contains("HoldLocks", view.MethodsThatRefer(l)));

        // Where the whole of Join was compiled into its caller there is no frame to look in. From .NET 11 on none is needed.
        WaitSeen[] joins = [.. view.Waits.Where(w => w.Kind == WaitRecordKind.Join)];
        Assert.Equal(Flavour.Named(flavour) is { TieredCompilation: true } or { RuntimeMajor: >= 11 } ? 1 : 0, joins.Length);
        Assert.All(joins, j => Assert.Equal((truth.Named("join").OsId, null, truth.Named("holder").OsId), (j.Thread, j.Lock, j.Other)));

        void AssertHeld(string type, LockRecordKind kind, string owner, uint recursion, uint waiters, bool isThin)
        {
            LockSeen seen = view.Named(type);
            Assert.Equal((kind, truth.Named(owner).OsId, recursion, waiters), (seen.Record.Kind, seen.Owner, seen.Record.Recursion, seen.Record.Waiters));
            Assert.Equal((isThin, isThin), (seen.IsThin, seen.IsFromStack));
        }

        void AssertWaits(string thread, WaitRecordKind kind, LockSeen gate, int timeout)
        {
            WaitSeen seen = view.WaitOf(truth.Named(thread));
            Assert.Equal((kind, gate.Object, (int?)null, timeout), (seen.Kind, seen.Lock?.Object, seen.Other, seen.TimeoutMs));
        }
    }

    /// <summary>A monitor whose object has a hash code is in the runtime's table, whether somebody has waited for it or not.</summary>
    [Theory]
    [InFlavours(Spread.Code, LooksAt.Locks)]
    public async Task MonitorsThatWereInflatedKeepTheirOwners(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "InflatedLocks", TargetOptions.NoTrap);
        TargetTruth truth = target.Truth;
        LockView view = await LockView.WithWaitersAsync(target, 2, w => w.Kind == WaitRecordKind.MonitorEnter);
        Assert.True(view.IsKnown && view.IsWhole);

        AssertHeld("HashedGate", "hashes", recursion: 1, waiters: 0);
        AssertHeld("HashedBeforeGate", "hashes before", recursion: 0, waiters: 1);
        AssertHeld("PulsedGate", "pulses", recursion: 0, waiters: 1);
        Assert.Equal(view.Named("HashedBeforeGate").Object, view.WaitOf(truth.Named("enter")).Lock?.Object);
        Assert.Equal(view.Named("PulsedGate").Object, view.WaitOf(truth.Named("pulsed")).Lock?.Object);
        DumpThread pulsed = view.Dump.Threads.Single(t => t.OsId.Value == truth.Named("pulsed").OsId);
        Assert.Equal((WaitKind.MonitorEnter, ThreadActivity.Blocked), (pulsed.WaitingFor?.Kind, pulsed.Activity));

        void AssertHeld(string type, string owner, uint recursion, uint waiters)
        {
            LockSeen seen = view.Named(type);
            Assert.Equal((truth.Named(owner).OsId, recursion, waiters, false), (seen.Owner, seen.Record.Recursion, seen.Record.Waiters, seen.IsFromStack));
        }
    }

    [Fact]
    public async Task OfARuntimeThatDoesNotTellNothingIsSaid()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Net8, "Locks", TargetOptions.NoTrap);
        LockView view = LockView.Of(target)();
        Assert.False(view.IsKnown);
        Assert.Empty(view.Locks);
        Assert.Empty(view.Waits);
        Assert.Empty(view.Snapshot.Held);
    }

    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Locks)]
    public async Task ADeadlockIsACycle(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "AllDeadlocked", TargetOptions.NoTrap);
        int left = target.Truth.Named("left").OsId, right = target.Truth.Named("right").OsId;
        LockView view = await LockView.WithWaitersAsync(target, 3, w => w.Kind == WaitRecordKind.MonitorEnter && w.Lock!.Owner is not null);
        Assert.Equal(right, view.WaitOf(target.Truth.Named("left")).Lock?.Owner);
        Assert.Equal(left, view.WaitOf(target.Truth.Named("right")).Lock?.Owner);
        Assert.Equal(left, Assert.Single(view.Waits, w => w.Thread == target.Pid).Lock?.Owner);
    }
}
