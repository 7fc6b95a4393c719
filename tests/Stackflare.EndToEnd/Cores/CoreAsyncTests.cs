using System.Text.Json;
using Stackflare.EndToEnd.Async;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cores;

/// <summary>A core has the async stacks that the process has: the same methods, lines, waits, objects, groups and running methods as the probe gives.</summary>
public sealed class CoreAsyncTests
{
    [RequiresPtraceTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores | LooksAt.Async)]
    [InFlavours("unoptimized", LooksAt.Cores | LooksAt.Async)]
    [InFlavours("single file", LooksAt.Cores | LooksAt.Async)]
    [InFlavours("net11, single file", LooksAt.Cores | LooksAt.Async)]
    [InFlavours("net11, runtime async", LooksAt.Cores | LooksAt.Async)]
    [InFlavours("net11, runtime async, untiered", LooksAt.Cores | LooksAt.Async)]
    public async Task AFullCoreHasTheStacksOfTheProcess(string flavour)
    {
        await using var target = await StartAsync(flavour);
        string core = await AssertSameAsync(target, "full");
        // Whoever does not want them is told nothing.
        JsonDump dump = await DumpAsync(core, "--no-async");
        Assert.Equal(JsonValueKind.Null, dump.Root.GetProperty("asyncStacks").ValueKind);
        Assert.DoesNotContain(dump.Notes, static n => n.Contains("sync", StringComparison.Ordinal));
    }

    [RequiresPtraceTheory]
    [InFlavours("optimized", LooksAt.Cores | LooksAt.Async)]
    [InFlavours("net11, runtime async", LooksAt.Cores | LooksAt.Async)]
    public async Task SoHasOneWithTheHeap(string flavour)
    {
        await using var target = await StartAsync(flavour);
        await AssertSameAsync(target, "withheap");
    }

    [RequiresGdbTheory]
    [InFlavours("optimized", LooksAt.Cores | LooksAt.Async)]
    [InFlavours("net11, single file", LooksAt.Cores | LooksAt.Async)]
    [InFlavours("net11, runtime async", LooksAt.Cores | LooksAt.Async)]
    public async Task SoHasOneOfGcore(string flavour)
    {
        await using var target = await StartAsync(flavour);
        await AssertSameAsync(target, "gcore");
    }

    /// <summary>Every arrangement of the heap.</summary>
    [RequiresPtraceTheory]
    [InFlavours("optimized", LooksAt.Cores | LooksAt.Async, "DOTNET_gcServer=1")]
    [InFlavours("net11", LooksAt.Cores | LooksAt.Async, "DOTNET_gcServer=1;DOTNET_GCDynamicAdaptationMode=0;DOTNET_GCHeapCount=4;DOTNET_GCNoAffinitize=1")]
    [InFlavours("optimized", LooksAt.Cores | LooksAt.Async, "DOTNET_gcConcurrent=0")]
    [InFlavours("net11", LooksAt.Cores | LooksAt.Async, "DOTNET_GCConserveMemory=9")]
    [InFlavours("optimized", LooksAt.Cores | LooksAt.Async, "DOTNET_PROCESSOR_COUNT=1")]
    [InFlavours("net11", LooksAt.Cores | LooksAt.Async, "DOTNET_GCHeapHardLimit=0x10000000")]
    public async Task EveryCollectorHasIts(string flavour, string settings)
    {
        Dictionary<string, string?> environment = settings.Split(';').ToDictionary(s => s.Split('=')[0], s => (string?)s.Split('=')[1]);
        await using var target = await TargetProcess.StartAsync(
            Flavour.Named(flavour), "AsyncWaits", TargetOptions.NoTrap with { Arguments = ["--boxes", "500", "--objects", "50000"], Environment = environment });
        JsonDump dump = await DumpAsync(await AssertSameAsync(target, "full"));
        Assert.Contains(dump.Root.GetProperty("asyncStacks").EnumerateArray(), static s => s.GetProperty("count").GetInt32() == 500);
    }

    /// <summary>A collector whose heap has no regions: nothing is guessed.</summary>
    [RequiresPtraceTheory]
    [InFlavours("net11", LooksAt.Cores | LooksAt.Async)]
    public async Task OfAnotherCollectorANoteSaysSo(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(
            Flavour.Named(flavour), "AsyncWaits", TargetOptions.NoTrap with { Environment = new Dictionary<string, string?> { ["DOTNET_GCName"] = "libclrgc.so" } });
        JsonDump dump = await DumpAsync(await CoreWriter.CreateDumpAsync(target, "full"));
        Assert.Equal(JsonValueKind.Null, dump.Root.GetProperty("asyncStacks").ValueKind);
        Assert.Single(dump.Notes, static n => n.StartsWith("Async stacks are not available: ", StringComparison.Ordinal));
    }

    [RequiresPtraceTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores | LooksAt.Async)]
    public async Task ASmallCoreHasNoneAndSaysSo(string flavour)
    {
        await using var target = await StartAsync(flavour);
        JsonDump dump = await DumpAsync(await CoreWriter.CreateDumpAsync(target, "normal"));
        Assert.Equal(JsonValueKind.Null, dump.Root.GetProperty("asyncStacks").ValueKind);
        Assert.Single(dump.Notes, static n => n.StartsWith("Async stacks are not available: ", StringComparison.Ordinal));
    }

    [RequiresPtraceTheory]
    [InFlavours("net10, runtime async", LooksAt.Cores | LooksAt.Async)]
    public async Task OfARuntimeThatOnlyTriesRuntimeAsyncANoteSaysSo(string flavour)
    {
        await using var target = await StartAsync(flavour);
        JsonDump dump = await DumpAsync(await CoreWriter.CreateDumpAsync(target, "full"));
        Assert.Single(dump.Notes, static n => n.Contains("runtime-async", StringComparison.Ordinal) && n.Contains(".NET 10 ", StringComparison.Ordinal));
        Assert.NotEqual(0, dump.Root.GetProperty("asyncStacks").GetArrayLength());
    }

    /// <summary>A process that collects in every way, dumped wherever it is: what is found is what there is, and what is missing is said.</summary>
    [RequiresGdbTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores | LooksAt.Async)]
    public async Task AHeapInMotionIsReadAsFarAsItGoes(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "AsyncWaits", TargetOptions.NoTrap with { Arguments = ["--churn", "1"] });
        int cores = Runs.Times(gate: 2, full: 20);
        for (int i = 0; i < cores; i++)
        {
            JsonDump dump = await DumpAsync(await CoreWriter.GcoreAsync(target.Pid, target.TemporaryFolder));
            if (dump.Root.GetProperty("asyncStacks").ValueKind == JsonValueKind.Null)
            {
                Assert.Contains(dump.Notes, static n => n.StartsWith("Async stacks are not available: ", StringComparison.Ordinal));
                continue;
            }
            bool isWhole = !dump.Notes.Any(static n => n.Contains("Async stacks may be missing", StringComparison.Ordinal) || n.StartsWith("Some async stacks", StringComparison.Ordinal));
            int copies = dump.Root.GetProperty("asyncStacks").EnumerateArray().Where(s => HasFrame(dump, s, "AsyncWaits.Outer")).Sum(static s => s.GetProperty("count").GetInt32());
            Assert.True(copies == 3 || !isWhole, $"{copies} of 3 without a note");
        }
    }

    private static bool HasFrame(JsonDump dump, JsonElement stack, string name)
    {
        JsonElement[] frames = [.. dump.Root.GetProperty("frames").EnumerateArray()];
        return stack.GetProperty("stack").EnumerateArray().Any(f => frames[f.GetInt32()].GetProperty("display").GetString()!.Contains(name, StringComparison.Ordinal));
    }

    /// <summary>The process stands still, so that it has the same objects in both, unless garbage was collected between them. Gives the core.</summary>
    private static async Task<string> AssertSameAsync(TargetProcess target, string kind)
    {
        for (int look = 1; ; look++)
        {
            string core = kind == "gcore" ? await CoreWriter.GcoreAsync(target.Pid, target.TemporaryFolder) : await CoreWriter.CreateDumpAsync(target, kind);
            JsonDump live = await Tool.DumpAsync(target, "--async"), dump = await DumpAsync(core);
            if (look < 3 && (!AsyncView.Stacks(live).SequenceEqual(AsyncView.Stacks(dump)) || dump.Notes.Any(static n => n.Contains("sync", StringComparison.Ordinal))))
                continue;
            Assert.Equal(AsyncView.Stacks(live), AsyncView.Stacks(dump));
            Assert.Equal(AsyncView.Callers(live), AsyncView.Callers(dump));
            Assert.DoesNotContain(dump.Notes, static n => n.Contains("sync", StringComparison.Ordinal));
            return core;
        }
    }

    private static async Task<TargetProcess> StartAsync(string flavour)
    {
        var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "AsyncTruth", TargetOptions.NoTrap);
        Assert.True((await TruthStack.AllOfAsync(target)).Count > 100);
        return target;
    }

    private static async Task<JsonDump> DumpAsync(string core, params string[] options) => (await Tool.RunAsync(["core", core, "-f", "json", .. options])).Json;
}
