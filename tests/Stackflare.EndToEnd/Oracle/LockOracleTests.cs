using Microsoft.Diagnostics.Runtime;
using Stackflare.EndToEnd.Harness;
using Stackflare.EndToEnd.Locks;
using Stackflare.Snapshots.Format;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Oracle;

/// <summary>
/// The snapshot and the runtime's own debugging interface see the same monitors. How many threads wait for one it cannot tell any more since .NET 11, where it counts none.
/// </summary>
public sealed class LockOracleTests
{
    [RequiresPtraceTheory]
    [InFlavours(Spread.Runtimes, LooksAt.Locks, "Locks", 3)]
    [InFlavours(Spread.Runtimes, LooksAt.Locks, "AllDeadlocked", 3)]
    public async Task EveryHeldMonitorWithASyncBlockIsTheSame(string flavour, string shape, int waiting)
    {
        await using var target = await TargetProcess.StartAsync(
            Flavour.Named(flavour), shape, TargetOptions.NoTrap with { Shell = TargetOptions.Grandchild });
        LockView view = await LockView.WithWaitersAsync(target, waiting, w => w.Kind == WaitRecordKind.MonitorEnter);
        bool countsWaiters = Flavour.Named(flavour).RuntimeMajor < 11;
        (string[] seen, (ulong, uint, int, int)[] owned) = DebuggerView.Read(target.Pid, runtime =>
        {
            SyncBlock[] held = [.. runtime.Heap.EnumerateSyncBlocks().Where(b => b.IsMonitorHeld)];
            return (
                held.Select(b => Line(countsWaiters, b.Object, runtime.Heap.GetObjectType(b.Object)?.Name, b.HoldingThreadAddress, b.RecursionCount, b.WaitingThreadCount)).ToArray(),
                held.Select(b => (b.Object, runtime.Threads.Single(t => t.Address == b.HoldingThreadAddress).OSThreadId, b.RecursionCount, countsWaiters ? b.WaitingThreadCount : 0)).ToArray());
        });
        Assert.NotEmpty(seen);
        // And in the model, by the kernel's ids.
        Assert.Equal(
            owned.OrderBy(o => o.Item1),
            view.Dump.Threads.SelectMany(t => t.HeldLocks).Select(h => h.Lock).Distinct().Where(l => l.Kind == LockKind.Monitor && !view.Locks.Single(s => s.Object == l.Address.Value).IsThin)
                .Select(l => (l.Address.Value, (uint)l.Owner!.OsId.Value, l.Recursion + 1, countsWaiters ? l.Waiters.Count : 0)).OrderBy(l => l.Item1));
        Assert.Equal(
            seen.Order(StringComparer.Ordinal),
            view.Locks.Where(l => l.Record.Kind == LockRecordKind.Monitor && !l.IsThin && l.Record.Flags.HasFlag(LockFlags.Held))
                .Select(l => Line(countsWaiters, l.Object, l.Type?.Split('.')[^1], ThreadId(view, l), (int)l.Record.Recursion + 1, (int)l.Record.Waiters))
                .Order(StringComparer.Ordinal));
    }

    private static ulong ThreadId(LockView view, LockSeen seen) =>
        seen.Record.Owner == SnapshotConstants.None ? 0 : view.Snapshot.Threads[seen.Record.Owner].ThreadId;

    private static string Line(bool countsWaiters, ulong address, string? type, ulong thread, int recursion, int waiting) =>
        $"0x{address:x} {type?.Split('.', '+')[^1]} held by 0x{thread:x} {recursion} times" + (countsWaiters ? $", {waiting} waiting" : "");
}
