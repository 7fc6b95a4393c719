using Stackflare.EndToEnd.Findings;
using Stackflare.EndToEnd.Harness;
using Stackflare.Snapshots.Format;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Locks;

/// <summary>Locks that are never at rest: what a snapshot says of them must have been so at one moment.</summary>
[Trait(Runs.Trait, Runs.Long)]
public sealed class HandoverTests(ITestOutputHelper output)
{
    private static readonly int Captures = Runs.Times(gate: 200, full: 1000);

    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Locks)]
    public async Task EachCaptureIsOneMoment(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "Handover", TargetOptions.NoTrap);
        HashSet<int> contenders = [.. target.Truth.Threads.Where(t => t.Name!.StartsWith("contender", StringComparison.Ordinal)).Select(t => t.OsId)];
        Func<LockView> take = LockView.Of(target);
        int owned = 0, waits = 0, chains = 0, copies = 0;
        for (int i = 0; i < Captures; i++)
        {
            LockView view = take();
            Assert.True(view.IsKnown);
            Assert.Empty(view.Dump.Deadlocks);
            Assert.DoesNotContain(view.Dump.Findings, f => f.Kind == FindingKind.TimedDeadlock);
            // The Lock of an event that the first thread waits for (.NET 11) is not the program's.
            ulong[] pulsed = [.. view.Waits.Where(w => w.Kind == WaitRecordKind.MonitorWait).Select(w => w.Lock!.Object)];
            foreach (LockSeen seen in view.Locks.Where(IsOfProgram))
            {
                Assert.True(seen.Owner is null || contenders.Contains(seen.Owner.Value));
                owned += seen.Owner is null ? 0 : 1;
            }

            // What a sync block or a waiter leads to is there once. An old copy of an object can be on a stack, and is marked.
            Assert.All(view.Locks.Where(l => IsOfProgram(l) && !l.IsFromStack && !pulsed.Contains(l.Object)).CountBy(l => l.Type!), t => Assert.Equal(1, t.Value));
            copies += view.Locks.Where(l => IsOfProgram(l) && l.Type!.StartsWith("Stackflare", StringComparison.Ordinal)).CountBy(l => l.Type!).Sum(t => t.Value - 1);
            Dictionary<int, int> next = [];
            foreach (WaitSeen wait in view.Waits.Where(w => w.Lock is { } l && IsOfProgram(l) && !pulsed.Contains(l.Object)))
            {
                Assert.Contains(wait.Thread, contenders);
                Assert.NotEqual(wait.Thread, wait.Lock!.Owner);
                waits++;
                if (wait.Lock.Owner is { } owner)
                    next.Add(wait.Thread, owner);
            }

            foreach (int thread in next.Keys)
            {
                int at = thread, steps = 0;
                while (next.TryGetValue(at, out at))
                    Assert.True(++steps <= next.Count, "Threads that take their locks in one order never wait in a cycle.");
                chains += steps > 1 ? 1 : 0;
            }
        }

        output.WriteLine($"{owned} owners, {waits} waits, {chains} chains of two or more, {copies} old copies; turns {await target.CommandAsync("turns")}");
        Assert.True(owned > 0 && waits > 0 && chains > 0);
        await target.AssertAliveAsync();
    }

    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Locks)]
    public async Task ADeadlockBesideThemIsInEveryDump(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "Handover", TargetOptions.NoTrap with { Arguments = ["--beside", "bank"] });
        using var dumps = new LiveDumps(target);
        await dumps.WhenAllWaitAsync();
        for (int i = 0; i < Captures / 2; i++)
            DeadlockTruth.AssertIs(Assert.Single(dumps.Take().Deadlocks), target.Truth, "transfer 1", "transfer 2");
        await target.AssertAliveAsync();
    }

    private static bool IsOfProgram(LockSeen seen) =>
        seen.Type is "System.Threading.Lock" || seen.Type?.EndsWith("stGate", StringComparison.Ordinal) == true
        || seen.Type?.EndsWith("ndGate", StringComparison.Ordinal) == true;
}
