using System.Text.Json;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Findings;

/// <summary>What the tool writes and ends with for programs with problems.</summary>
public sealed class ToolTests
{
    private const string Option = "--fail-on-deadlock";
    private const int DeadlockCode = 20;

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Locks, "Bank", "--accounts", "transfer", 5)]
    [InFlavours("net9", LooksAt.Locks, "PriceCache", "--regions", "mover", 2)]
    [InFlavours("net11", LooksAt.Locks, "PriceCache", "--regions", "mover", 2)]
    [InFlavours("unoptimized", LooksAt.Locks, "HaulageFirm", "--depots", "lorry", 3)]
    [InFlavours("net11, unoptimized", LooksAt.Locks, "HaulageFirm", "--depots", "lorry", 3)]
    public async Task TheCycleIsInTheJson(string flavour, string shape, string size, string name, int threads)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, shape, size, $"{threads}");
        using (var dumps = new LiveDumps(target))
            await dumps.WhenAllWaitAsync();
        ToolResult result = await Tool.RunAsync($"{target.Pid}", "-f", "json", Option);
        Assert.True(result.ExitCode == DeadlockCode, $"{result}");
        JsonDump dump = JsonDump.Parse(result.Bytes);
        JsonElement[] locks = [.. dump.Root.GetProperty("locks").EnumerateArray()];
        JsonFrame[] frames = [.. dump.Root.GetProperty("frames").EnumerateArray().Select(f => new JsonFrame(f))];
        JsonElement steps = Assert.Single(dump.Root.GetProperty("deadlocks").EnumerateArray()).GetProperty("steps");
        Assert.Equal(threads, steps.GetArrayLength());
        foreach (JsonElement step in steps.EnumerateArray())
        {
            TruthThread thread = target.Truth.Threads.Single(t => t.OsId == step.GetProperty("thread").GetInt32());
            int number = int.Parse(thread.Name![(name.Length + 1)..], null);
            TruthThread next = target.Truth.Named($"{name} {(number % threads) + 1}");
            Assert.Equal(next.OsId, step.GetProperty("waitsFor").GetInt32());
            JsonElement wanted = locks[step.GetProperty("lock").GetInt32()];
            Assert.Equal(next.OsId, wanted.GetProperty("owner").GetInt32());
            Assert.Equal([thread.OsId], wanted.GetProperty("waiters").EnumerateArray().Select(w => w.GetInt32()));
            Assert.Equal(next.Held.Single().Type, wanted.GetProperty("type").GetString());
            JsonFrame frame = frames[step.GetProperty("frame").GetInt32()];
            Assert.Equal(thread.Marks[0], new TruthMark(frame.FullName, frame.Line ?? 0));

            JsonElement holder = dump.Root.GetProperty("threads").EnumerateArray().Single(t => t.GetProperty("osId").GetInt32() == next.OsId);
            JsonElement held = Assert.Single(holder.GetProperty("heldLocks").EnumerateArray());
            Assert.Equal(step.GetProperty("lock").GetInt32(), held.GetProperty("lock").GetInt32());
        }
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Locks)]
    public async Task AChainIsASuccess(string flavour)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "NightlyReports");
        Assert.Equal(0, (await Tool.RunAsync($"{target.Pid}", Option)).ExitCode);
    }

    [RequiresTracingTheory]
    [InFlavours(Spread.Newest, LooksAt.Locks)]
    public async Task ASuspensionThatDoesNotEndIsNamed(string flavour)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "Thermometer", "--seconds", "10");
        Task measured = target.CommandAsync("measure");
        await target.WaitForCollectionAsync("tidy", "reader");
        ToolResult result;
        // On a busy machine, the time can be over before the probe has looked at the threads.
        var deadline = Deadline.In(TimeSpan.FromSeconds(8));
        do
            result = await Tool.RunAsync($"{target.Pid}", "--timeout", "1");
        while (!result.RawOutput.Contains("a garbage collection waits for \"reader\"", StringComparison.Ordinal) && deadline.Left > TimeSpan.Zero);
        Assert.Contains("a garbage collection waits for \"reader\"", result.Output, StringComparison.Ordinal);
        Assert.Contains("\nDiagnosis:\n- A garbage collection cannot stop the program", result.Output, StringComparison.Ordinal);
        await measured;
        await target.WaitForLineAsync("TIDY");
        await target.AssertAliveAsync();
    }
}
