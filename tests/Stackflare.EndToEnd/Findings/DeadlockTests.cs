using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Findings;

/// <summary>Programs whose threads wait for each other in a cycle: a dump has it, and who took what where.</summary>
public sealed class DeadlockTests
{
    /// <summary>Each size in each kind, each kind in each flavour.</summary>
    public static TheoryData<string, string, int> Cycles => [.. Rings("Bank"), .. Rings("PriceCache"), .. Rings("HaulageFirm")];

    [Theory]
    [MemberData(nameof(Cycles))]
    public async Task TheCycleIsTheProgramsOwn(string flavour, string shape, int threads)
    {
        (string size, string name, WaitKind[] kinds) = shape switch
        {
            "Bank" => ("--accounts", "transfer", [WaitKind.MonitorEnter]),
            "PriceCache" => ("--regions", "mover", [WaitKind.LockEnter]),
            _ => ("--depots", "lorry", new[] { WaitKind.LockEnter, WaitKind.MonitorEnter }),
        };
        await using var target = await StartAsync(flavour, shape, size, $"{threads}");
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.WhenAllWaitAsync();
        Deadlock deadlock = DeadlockTruth.AssertOne(dump, target.Truth, [.. Enumerable.Range(1, threads).Select(i => $"{name} {i}")]);
        Assert.Empty(deadlock.Behind);
        Assert.Equal(kinds, deadlock.Steps.Select(s => s.Wait.Kind).Distinct().Order().Reverse());
        Assert.Equal(threads, deadlock.Steps.Select(s => s.Wait.Lock!.Address).Distinct().Count());
        Assert.All(deadlock.Steps, s => Assert.Equal(Timeout.InfiniteTimeSpan, s.Wait.Timeout));
        LockTruth.AssertIn(dump, target.Truth);
    }

    /// <summary>Whoever waits in the beginning of a synchronized method has no line there.</summary>
    [Theory]
    [InFlavours(Spread.Builds, LooksAt.Locks)]
    public async Task SynchronizedMethodsAreLocksFromTheirBeginning(string flavour)
    {
        await using var target = await StartAsync(flavour, "TicketOffice");
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.WhenAllWaitAsync();
        Deadlock deadlock = Assert.Single(dump.Deadlocks);
        Assert.Equal(["Give", "Give"], deadlock.Steps.Select(s => s.Frame!.Method.Name));
        Assert.All(deadlock.Steps, step =>
        {
            DumpThread thread = step.Thread;
            HeldLock held = Assert.Single(thread.HeldLocks);
            TruthHeld truth = Assert.Single(target.Truth.Named(thread.Name!).Held);
            DumpFrame frame = thread.Frames[held.FrameIndex!.Value];
            Assert.Equal((truth.Method, truth.Line, truth.Type), (frame.Method.FullName, frame.Source!.Line, held.Lock.Type));
            Assert.Same(held.Lock, step.WaitsFor.WaitingFor!.Lock);
        });
    }

    /// <summary>The main thread and a third want what one of the two has.</summary>
    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Locks)]
    public async Task WhoWaitsBehindTheCycleIsNotInIt(string flavour)
    {
        await using var target = await StartAsync(flavour, "AllDeadlocked");
        using var dumps = new LiveDumps(target);
        ThreadDump dump = null!;
        await Poll.UntilAsync(() => (dump = dumps.Take()).Threads.Count(t => t.WaitingFor is { Kind: WaitKind.MonitorEnter, Lock: not null }) == 3, "three waiters", target.Describe);
        Deadlock deadlock = DeadlockTruth.AssertOne(dump, target.Truth, "left", "right");
        Assert.True(Assert.Single(deadlock.Behind).IsMain);
    }

    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Locks)]
    public async Task AChainThatEndsInASleeperIsNone(string flavour)
    {
        await using var target = await StartAsync(flavour, "NightlyReports", "--reports", "20");
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.WhenAllWaitAsync();
        Assert.Empty(dump.Deadlocks);
        Assert.Empty(dump.Findings);
        LockTruth.AssertIn(dump, target.Truth);
        for (int i = 2; i <= 20; i++)
            Assert.Equal($"report {i - 1}", Assert.Single(LockTruth.Of(dump, target.Truth.Named($"report {i}")).WaitingFor!.WaitsFor).Name);
        Assert.Equal(WaitKind.Sleep, LockTruth.Of(dump, target.Truth.Named("report 1")).WaitingFor!.Kind);
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Locks, 2, 1)]
    [InFlavours(Spread.Newest, LooksAt.Locks, 3, 3)]
    [InFlavours("net9", LooksAt.Locks, 3, 1)]
    [InFlavours("net9", LooksAt.Locks, 2, 2)]
    public async Task ACycleThatATimeLimitOpensIsNone(string flavour, int accounts, int patient)
    {
        await using var target = await StartAsync(flavour, "Bank", "--accounts", $"{accounts}", "--patient", $"{patient}");
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.WhenAllWaitAsync();
        Assert.Empty(dump.Deadlocks);
        Finding finding = Assert.Single(dump.Findings);
        Assert.Equal((FindingKind.TimedDeadlock, accounts), (finding.Kind, finding.Threads.Count));
        Assert.Contains("30 s", finding.Summary, StringComparison.Ordinal);
        Assert.Equal(
            Enumerable.Range(1, accounts).Select(i => i <= patient ? TimeSpan.FromSeconds(30) : Timeout.InfiniteTimeSpan),
            target.Truth.Threads.OrderBy(t => t.Name, StringComparer.Ordinal).Select(t => LockTruth.Of(dump, t).WaitingFor!.Timeout!.Value));
        LockTruth.AssertIn(dump, target.Truth);
    }

    [Fact]
    public async Task OfARuntimeThatDoesNotTellNothingIsSaidButThat()
    {
        await using var target = await StartAsync("net8", "Bank");
        using var dumps = new LiveDumps(target);
        ThreadDump dump = dumps.Take();
        Assert.Empty(dump.Deadlocks);
        Assert.Empty(dump.Findings);
        Assert.All(dump.Threads, t => Assert.Empty(t.HeldLocks));
        Assert.All(dump.Threads, t => Assert.Null(t.WaitingFor?.Lock));
        Assert.Contains(dump.Notes, n => n.StartsWith("Locks, deadlocks and async stacks are not available on .NET 8", StringComparison.Ordinal));
    }

    internal static Task<TargetProcess> StartAsync(string flavour, string shape, params string[] arguments) =>
        TargetProcess.StartAsync(Flavour.Named(flavour), shape, TargetOptions.NoTrap with { Arguments = arguments });

    private static IEnumerable<(string, string, int)> Rings(string shape)
    {
        Flavour[] builds = [.. Flavours.Of(Spread.Builds, LooksAt.Locks)];
        foreach (Flavour flavour in builds)
            yield return (flavour.Name, shape, 2);
        for (int i = 0; i < builds.Length; i++)
            yield return (builds[(shape.Length + i) % builds.Length].Name, shape, i % 2 == 0 ? 3 : 5);
    }
}
