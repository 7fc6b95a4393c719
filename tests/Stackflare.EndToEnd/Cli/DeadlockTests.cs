using System.Text.Json;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli;

/// <summary>What the tool says and does about a program that is deadlocked, and about one that is not.</summary>
public sealed class DeadlockTests
{
    private const int ExitCode = 20;
    private const string Option = "--fail-on-deadlock";

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Locks)]
    public async Task ADeadlockIsTheFirstThingThatIsSaid(string flavour)
    {
        await using var target = await StartAsync(flavour, "AllDeadlocked");
        var result = await Tool.RunAsync($"{target.Pid}", Option);
        Assert.Equal(ExitCode, result.ExitCode);
        string[] sections = result.RawOutput.Split("\n\n");
        string[] deadlock = sections[1].Split('\n');
        // "left" waits for the main thread and for no cycle, if it was that which got the lock.
        Assert.Matches("^Deadlock: [23] threads wait for each other forever", deadlock[0]);
        Assert.Contains(deadlock, l => l.Contains("waits to lock <0x", StringComparison.Ordinal) && l.Contains("held by \"", StringComparison.Ordinal));
        Assert.Contains("      lock (yours)", deadlock);
        Assert.Contains("\n   - waiting to lock <0x", result.RawOutput, StringComparison.Ordinal);
        Assert.Contains("\n   - locked <0x", result.RawOutput, StringComparison.Ordinal);
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Locks)]
    public async Task ADumpOfOtherThreadsTellsOfTheDeadlock(string flavour)
    {
        await using var target = await StartAsync(flavour, "AllDeadlocked");
        var result = await Tool.RunAsync($"{target.Pid}", Option, "-f", "json", "--threads", "nobody");
        Assert.Equal(ExitCode, result.ExitCode);
        JsonElement json = JsonDocument.Parse(result.RawOutput).RootElement;
        Assert.Empty(json.GetProperty("threads").EnumerateArray());
        JsonElement steps = Assert.Single(json.GetProperty("deadlocks").EnumerateArray()).GetProperty("steps");
        int[] known = [.. target.Truth.Threads.Select(t => t.OsId), target.Pid];
        Assert.All(steps.EnumerateArray(), s => Assert.Contains(s.GetProperty("thread").GetInt32(), known));
        Assert.Equal("deadlock", json.GetProperty("findings")[0].GetProperty("kind").GetString());
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Locks)]
    public async Task ASnapshotIsLookedAtWhenItIsSavedAndWhenItIsShown(string flavour)
    {
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "snapshot");
        await using var target = await StartAsync(flavour, "AllDeadlocked");
        Assert.Equal(ExitCode, (await Tool.RunAsync($"{target.Pid}", "--raw", file, Option)).ExitCode);
        var shown = await Tool.RunAsync("show", file, Option);
        Assert.Equal(ExitCode, shown.ExitCode);
        Assert.Contains("\nDeadlock: ", shown.RawOutput, StringComparison.Ordinal);
        Assert.Equal(0, (await Tool.RunAsync("show", file)).ExitCode);
        Assert.Equal(0, (await Tool.RunAsync($"{target.Pid}", "--raw", file)).ExitCode);
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Locks)]
    public async Task AProgramThatIsWellIsASuccess(string flavour)
    {
        await using var target = await StartAsync(flavour, "NamedThreads");
        var result = await Tool.RunAsync($"{target.Pid}", Option);
        Assert.Equal(0, result.ExitCode);
        Assert.DoesNotContain("Deadlock", result.RawOutput, StringComparison.Ordinal);
    }

    private static Task<TargetProcess> StartAsync(string flavour, string shape) => TargetProcess.StartAsync(Flavour.Named(flavour), shape, TargetOptions.NoTrap);
}
