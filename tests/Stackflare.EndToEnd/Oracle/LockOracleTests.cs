using Stackflare.Capture;
using Stackflare.EndToEnd.Harness;
using Stackflare.EndToEnd.Locks;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Oracle;

/// <summary>The snapshot and the runtime's own debugging interface see the same monitors.</summary>
public sealed class LockOracleTests
{
    [RequiresPtraceTheory]
    [InlineData("optimized", "Locks", 3)]
    [InlineData("net9", "Locks", 3)]
    [InlineData("net10", "Locks", 3)]
    [InlineData("optimized", "AllDeadlocked", 3)]
    [InlineData("net9", "AllDeadlocked", 3)]
    public async Task EveryHeldMonitorWithASyncBlockIsTheSame(string flavour, string shape, int waiting)
    {
        await using var target = await TargetProcess.StartAsync(
            Flavour.Named(flavour), shape, TargetOptions.NoTrap with { Shell = TargetOptions.Grandchild });
        LockView view = await LockView.WithWaitersAsync(target, waiting, w => w.Kind == WaitRecordKind.MonitorEnter);
        string[] seen = DebuggerView.Read(target.Pid, runtime => runtime.Heap.EnumerateSyncBlocks()
            .Where(b => b.IsMonitorHeld)
            .Select(b => Line(b.Object, runtime.Heap.GetObjectType(b.Object)?.Name, b.HoldingThreadAddress, b.RecursionCount, b.WaitingThreadCount)).ToArray());
        Assert.NotEmpty(seen);
        Assert.Equal(
            seen.Order(StringComparer.Ordinal),
            view.Locks.Where(l => l.Record.Kind == LockRecordKind.Monitor && !l.IsThin && l.Record.Flags.HasFlag(LockFlags.Held))
                .Select(l => Line(l.Object, l.Type?.Split('.')[^1], ThreadId(view, l), (int)l.Record.Recursion + 1, (int)l.Record.Waiters))
                .Order(StringComparer.Ordinal));
    }

    private static ulong ThreadId(LockView view, LockSeen seen) =>
        seen.Record.Owner == SnapshotLayout.None ? 0 : view.Snapshot.Threads[seen.Record.Owner].ThreadId;

    private static string Line(ulong address, string? type, ulong thread, int recursion, int waiting) =>
        $"0x{address:x} {type?.Split('.', '+')[^1]} held by 0x{thread:x} {recursion} times, {waiting} waiting";
}
