using System.Text.Json;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;
using Stackflare.EndToEnd.Oracle;

namespace Stackflare.EndToEnd.Cores;

/// <summary>A core has the locks, owners, waiters, deadlocks and findings that the probe finds in the process, and the same thread pool.</summary>
public sealed class CoreLockTests
{
    private const string NotAvailable = "not available", MayBeMissing = "may be missing";

    /// <summary>Builds of every kind, with locks and waits of every kind.</summary>
    [RequiresPtraceTheory]
    [InFlavours(Spread.Builds, LooksAt.Cores, "Locks+Waits")]
    [InFlavours("single file", LooksAt.Cores, "Locks+Waits")]
    [InFlavours("net11, single file", LooksAt.Cores, "Locks+Waits")]
    public Task AFullCoreHasEveryLock(string flavour, string shape) => AssertSameAsync(flavour, shape, "full");

    /// <summary>Debug and optimized builds of programs with problems.</summary>
    [RequiresPtraceTheory]
    [InFlavours(Spread.Builds, LooksAt.Cores, "Bank+PriceCache+HaulageFirm+TicketOffice+NightlyReports+KeyBoard+LostLocks+InflatedLocks")]
    [InFlavours("net11, unoptimized", LooksAt.Cores, "AllDeadlocked")]
    [InFlavours("optimized", LooksAt.Cores, "Workshop")]
    [InFlavours("unoptimized", LooksAt.Cores, "Entanglement")]
    [InFlavours("net11", LooksAt.Cores, "PoolSaturated")]
    public Task ItHasEveryDeadlockAndFinding(string flavour, string shape) => AssertSameAsync(flavour, shape, "full");

    [RequiresPtraceTheory]
    [InFlavours("net11", LooksAt.Cores, "Entanglement")]
    [InFlavours("net11", LooksAt.Cores, "Workshop")]
    [InFlavours("optimized", LooksAt.Cores, "Waits")]
    [InFlavours(Spread.Newest, LooksAt.Cores, "PoolCounted")]
    public Task SoHasOneWithTheHeap(string flavour, string shape) => AssertSameAsync(flavour, shape, "withheap");

    /// <summary>What a mutex and a join wait for is known from .NET 11 on.</summary>
    [RequiresPtraceTheory]
    [InlineData("net11, unoptimized")]
    public Task MutexesHaveTheirOwners(string flavour) => AssertSameAsync(flavour, "Entanglement", "full", "--wanted", "0", "--mutexes", "1", "--itself", "1");

    [RequiresGdbTheory]
    [InFlavours("net11", LooksAt.Cores, "Locks+Waits")]
    [InFlavours("optimized", LooksAt.Cores, "PoolSaturated")]
    [InFlavours("single file", LooksAt.Cores, "Waits")]
    [InFlavours("net11, single file", LooksAt.Cores, "Locks")]
    public Task SoHasOneWithoutWhatIsInFiles(string flavour, string shape) => AssertSameAsync(flavour, shape, "gcore");

    /// <summary>The tool ends with the exit code of a deadlock, and its text names the threads.</summary>
    [RequiresPtraceTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores)]
    public async Task ADeadlockIsNamed(string flavour)
    {
        await using var target = await StartAsync(flavour, "Bank", "--accounts", "3");
        (JsonDump _, string core) = await SettleAsync(target, "withheap");
        ToolResult result = await Tool.RunAsync("core", core, "--fail-on-deadlock");
        Assert.Equal(20, result.ExitCode);
        Assert.Contains("Deadlock: 3 threads wait for each other forever", result.RawOutput, StringComparison.Ordinal);
        Assert.All(target.Truth.Threads, thread => Assert.Contains($"held by \"{thread.Name}\" #", result.RawOutput, StringComparison.Ordinal));
    }

    [RequiresPtraceTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores)]
    public async Task AProgramThatOutlivesMainIsNamed(string flavour)
    {
        await using var target = await StartAsync(flavour, "LogWriter");
        Assert.Equal(0, (await DumpAsync(await CoreWriter.CreateDumpAsync(target, "withheap"))).Root.GetProperty("findings").GetArrayLength());
        await target.SendAsync("exit");
        await Poll.UntilAsync(async () => (await Tool.DumpAsync(target)).Root.GetProperty("findings").GetArrayLength() > 0, "the main thread to be gone", target.Describe);
        JsonElement finding = Assert.Single((await DumpAsync(await CoreWriter.CreateDumpAsync(target, "withheap"))).Root.GetProperty("findings").EnumerateArray());
        Assert.Equal("mainReturned", finding.GetProperty("kind").GetString());
    }

    /// <summary>Cores with few objects: what they lack is said, and what they have is right.</summary>
    [RequiresPtraceTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores, "normal")]
    [InFlavours(Spread.Newest, LooksAt.Cores, "triage")]
    public async Task ASmallCoreSaysWhatItLacksAndNothingWrong(string flavour, string kind)
    {
        await using var target = await StartAsync(flavour, "AllDeadlocked");
        JsonDump whole = await ProgramAtRest.DumpAsync(target);
        JsonDump dump = await DumpAsync(await CoreWriter.CreateDumpAsync(target, kind));
        int deadlocks = dump.Root.GetProperty("deadlocks").GetArrayLength();
        Assert.True(
            deadlocks == 1 || dump.Notes.Any(static n => n.Contains("ocks", StringComparison.Ordinal) && (n.Contains(NotAvailable, StringComparison.Ordinal) || n.Contains(MayBeMissing, StringComparison.Ordinal))),
            string.Join('\n', dump.Notes));
        Assert.Subset(LocksOf(whole), LocksOf(dump));

        static HashSet<string> LocksOf(JsonDump dump) => [.. LockText.Of(dump).Where(static l => l.Contains("monitor System.Object", StringComparison.Ordinal) && char.IsAsciiDigit(l[0]))];
    }

    /// <summary>Locks that change hands as fast as they can, while the collector moves them: an owner is the one that the runtime's own library sees, and there is no deadlock.</summary>
    [RequiresPtraceTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores)]
    public async Task OfABusyProgramOwnersAreThoseThatADebuggerSees(string flavour)
    {
        await using var target = await StartAsync(flavour, "Handover");
        int compared = 0;
        var deadline = Deadline.In();
        for (int look = 0; compared < 3 && (look < 5 || deadline.Left > TimeSpan.Zero); look++)
        {
            string core = await CoreWriter.CreateDumpAsync(target, "full");
            JsonDump dump = await DumpAsync(core);
            Assert.Equal(0, dump.Root.GetProperty("deadlocks").GetArrayLength());
            Dictionary<string, uint> seen = DebuggerView.ReadCore(core, CoreWriter.RuntimeOf(target), static runtime => runtime.Heap.EnumerateSyncBlocks().Where(static b => b.IsMonitorHeld)
                .Select(b => (b.Object, runtime.Threads.FirstOrDefault(t => t.Address == b.HoldingThreadAddress)?.OSThreadId)).Where(static b => b.OSThreadId is not null)
                .ToDictionary(static b => $"0x{b.Object:x}", static b => b.OSThreadId!.Value));
            foreach (JsonElement known in dump.Root.GetProperty("locks").EnumerateArray())
            {
                if (!seen.TryGetValue(known.GetProperty("address").GetString()!, out uint owner) || known.GetProperty("owner").ValueKind == JsonValueKind.Null)
                    continue;
                Assert.Equal((int)owner, known.GetProperty("owner").GetInt32());
                compared++;
            }
        }
        Assert.NotEqual(0, compared);
    }

    private static async Task AssertSameAsync(string flavour, string shape, string kind, params string[] arguments)
    {
        await using var target = await StartAsync(flavour, shape, arguments);
        (JsonDump dump, _) = await SettleAsync(target, kind);
        Assert.DoesNotContain(dump.Notes, static n => n.Contains(NotAvailable, StringComparison.Ordinal) || n.Contains(MayBeMissing, StringComparison.Ordinal));
        if (kind != "gcore")
            Assert.Empty(dump.Notes);
    }

    private static async Task<(JsonDump Dump, string Core)> SettleAsync(TargetProcess target, string kind)
    {
        string core = "";
        JsonDump dump = await ProgramAtRest.SameAsync(target, async () =>
            await DumpAsync(core = kind == "gcore" ? await CoreWriter.GcoreAsync(target.Pid, target.TemporaryFolder) : await CoreWriter.CreateDumpAsync(target, kind)));
        return (dump, core);
    }

    private static Task<TargetProcess> StartAsync(string flavour, string shape, params string[] arguments) =>
        TargetProcess.StartAsync(Flavour.Named(flavour), shape, TargetOptions.NoTrap with { Arguments = arguments });

    private static async Task<JsonDump> DumpAsync(string core) => (await Tool.RunAsync("core", core, "-f", "json", "--async")).Json;
}
