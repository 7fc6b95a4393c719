using System.Text.Json;
using Stackflare.EndToEnd.Async;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Cores;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.External;

/// <summary>
/// A process that stands still has, from outside, the locks, waits, deadlocks, findings, pool and async stacks that its probe finds. One that runs has none of
/// them, and a note says why.
/// </summary>
public sealed class ExternalObjectTests
{
    private const string Forced = "--external", Missing = "Locks, deadlocks, async stacks and the thread pool are missing: ";

    /// <summary>On a busy machine, the heap takes longer to read than a program stands still.</summary>
    private const string WithoutHeap = "Async stacks are missing: the program ran while its heap was read";

    [RequiresTracingTheory]
    [InFlavours(Spread.Builds, LooksAt.Cores, "Locks+Waits")]
    [InFlavours("net11, single file", LooksAt.Cores, "Locks+Waits")]
    [InFlavours(Spread.Newest, LooksAt.Cores, "Bank+PriceCache+HaulageFirm+TicketOffice+NightlyReports+KeyBoard+LostLocks+InflatedLocks")]
    [InFlavours("net11, unoptimized", LooksAt.Cores, "AllDeadlocked")]
    [InFlavours("optimized", LooksAt.Cores, "Workshop")]
    [InFlavours(Spread.Newest, LooksAt.Cores, "PoolSaturated")]
    public async Task AProgramAtRestHasTheLocksOfTheProbe(string flavour, string shape)
    {
        await using var target = await StartAsync(flavour, shape);
        JsonDump dump = await ProgramAtRest.SameAsync(target, () => StillAsync(target));
        Assert.Equal(["Read from outside, without stopping a thread."], dump.Notes);
        await target.AssertAliveAsync();
    }

    [RequiresTracingTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores | LooksAt.Async)]
    [InFlavours("net11, runtime async", LooksAt.Cores | LooksAt.Async)]
    [InFlavours("single file", LooksAt.Cores | LooksAt.Async)]
    public async Task AndItsAsyncStacks(string flavour)
    {
        await using var target = await StartAsync(flavour, "AsyncTruth");
        Assert.True((await TruthStack.AllOfAsync(target)).Count > 100);
        for (int look = 1; ; look++)
        {
            JsonDump live = await Tool.DumpAsync(target, "--async"), dump = await StillAsync(target);
            if (look < 5 && !AsyncView.Stacks(live).SequenceEqual(AsyncView.Stacks(dump)))
                continue;
            Assert.Equal(AsyncView.Stacks(live), AsyncView.Stacks(dump));
            Assert.Equal(AsyncView.Callers(live), AsyncView.Callers(dump));
            break;
        }
        Assert.Equal(JsonValueKind.Null, (await DumpAsync(target, Forced, "--no-async")).Root.GetProperty("asyncStacks").ValueKind);
    }

    /// <summary>Its port is off, so nobody else could say why it hangs.</summary>
    [RequiresTracingTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores)]
    public async Task ADeadlockOfAProcessWithoutItsPortIsNamed(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(
            Flavour.Named(flavour), "Bank", TargetOptions.NoTrap with { Arguments = ["--accounts", "3"], Environment = new Dictionary<string, string?> { ["DOTNET_EnableDiagnostics"] = "0" } });
        await AssertNamedAsync(target);
        // Where the kernel shows when a thread last ran.
        if (File.Exists($"/proc/{target.Pid}/sched"))
            await Poll.UntilAsync(async () => (await AssertNamedAsync(target)).Contains(", for at least ", StringComparison.Ordinal), "a wait of some time", target.Describe);
    }

    /// <summary>Loops do not let it stand still, unless it is stopped. Then their registers are needed.</summary>
    [RequiresTracingTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores)]
    public async Task AProgramThatRunsHasItsLocksOnceItIsStopped(string flavour)
    {
        await using var target = await StartAsync(flavour, "Bank+Spinning");
        JsonDump dump = await DumpAsync(target, Forced);
        Assert.Single(dump.Notes, n => n.StartsWith(Missing, StringComparison.Ordinal) && n.Contains($"kill -STOP {target.Pid}", StringComparison.Ordinal));
        Assert.Equal(0, dump.Root.GetProperty("deadlocks").GetArrayLength());
        Assert.Equal(JsonValueKind.Null, dump.Root.GetProperty("threadPool").ValueKind);
        target.Signal(Kernel.Stop);
        string text = await AssertNamedAsync(target);
        // It was stopped before.
        Assert.Contains("\nNote: Read from outside, without stopping a thread.\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain(" paused ", text.Split('\n')[1], StringComparison.Ordinal);
        TracedThreads.AssertNone(target.Pid);
        target.Signal(Kernel.Continue);
        await target.AssertAliveAsync();
    }

    /// <summary>Threads take turns with locks all the time. What is read from outside never claims a deadlock.</summary>
    [RequiresTracingTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores)]
    public async Task ABusyProgramHasNoDeadlock(string flavour)
    {
        await using var target = await StartAsync(flavour, "Handover");
        for (int i = 0; i < Runs.Times(gate: 10, full: 200); i++)
        {
            JsonDump dump = await DumpAsync(target, Forced);
            Assert.Equal(0, dump.Root.GetProperty("deadlocks").GetArrayLength());
        }
        await target.AssertAliveAsync();
    }

    private static async Task<string> AssertNamedAsync(TargetProcess target)
    {
        ToolResult? result = null;
        await Poll.UntilAsync(
            async () => (result = await Tool.RunAsync($"{target.Pid}", "--fail-on-deadlock")).ExitCode == 20,
            "the deadlock",
            () => $"{result?.RawOutput}\n{target.Describe()}");
        Assert.Contains("Deadlock: ", result!.RawOutput, StringComparison.Ordinal);
        Assert.Contains("\nNote: Read from outside", result.RawOutput, StringComparison.Ordinal);
        Assert.DoesNotContain(Missing, result.RawOutput, StringComparison.Ordinal);
        return result.RawOutput;
    }

    /// <summary>Reads a program that does nothing, except that the runtime's own threads run now and then.</summary>
    private static async Task<JsonDump> StillAsync(TargetProcess target)
    {
        JsonDump? dump = null;
        await Poll.UntilAsync(
            async () => !(dump = await DumpAsync(target, Forced, "--async")).Notes.Any(static n => n.StartsWith(Missing, StringComparison.Ordinal) || n.StartsWith(WithoutHeap, StringComparison.Ordinal)),
            "the program to stand still",
            () => $"{string.Join('\n', dump!.Notes)}\n{target.Describe()}");
        return dump!;
    }

    private static Task<TargetProcess> StartAsync(string flavour, string shape) => TargetProcess.StartAsync(Flavour.Named(flavour), shape, TargetOptions.NoTrap);

    private static async Task<JsonDump> DumpAsync(TargetProcess target, params string[] arguments) => (await Tool.RunAsync([$"{target.Pid}", "-f", "json", .. arguments])).Json;
}
