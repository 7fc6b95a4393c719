using System.Text.Json;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli;

/// <summary>What the tool says and does about a program that is deadlocked, and about one that is not.</summary>
public sealed class DeadlockTests
{
    private const int ExitCode = 20;
    private const string Option = "--fail-on-deadlock";

    [Fact]
    public async Task ADeadlockIsTheFirstThingThatIsSaid()
    {
        await using var target = await StartAsync("AllDeadlocked");
        var result = await Tool.RunAsync($"{target.Pid}", Option);
        Assert.Equal(ExitCode, result.ExitCode);
        string[] sections = result.Output.Split("\n\n");
        string[] deadlock = sections[1].Split('\n');
        // "left" waits for the main thread and for no circle, if it was that which got the lock.
        Assert.Matches("^Deadlock: [23] threads wait for each other, for ever", deadlock[0]);
        Assert.Contains(deadlock, l => l.Contains("waits to lock <0x", StringComparison.Ordinal) && l.Contains("held by \"", StringComparison.Ordinal));
        Assert.Contains("      lock (yours)", deadlock);
        Assert.Contains("\n   - waiting to lock <0x", result.Output, StringComparison.Ordinal);
        Assert.Contains("\n   - locked <0x", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADumpOfOtherThreadsTellsOfTheDeadlock()
    {
        await using var target = await StartAsync("AllDeadlocked");
        var result = await Tool.RunAsync($"{target.Pid}", Option, "-f", "json", "--threads", "nobody");
        Assert.Equal(ExitCode, result.ExitCode);
        JsonElement json = JsonDocument.Parse(result.Output).RootElement;
        Assert.Empty(json.GetProperty("threads").EnumerateArray());
        JsonElement steps = Assert.Single(json.GetProperty("deadlocks").EnumerateArray()).GetProperty("steps");
        int[] known = [.. target.Truth.Threads.Select(t => t.OsId), target.Pid];
        Assert.All(steps.EnumerateArray(), s => Assert.Contains(s.GetProperty("thread").GetInt32(), known));
        Assert.Equal("deadlock", json.GetProperty("findings")[0].GetProperty("kind").GetString());
    }

    [Fact]
    public async Task ASnapshotIsLookedAtWhenItIsSavedAndWhenItIsShown()
    {
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "snapshot");
        await using var target = await StartAsync("AllDeadlocked");
        Assert.Equal(ExitCode, (await Tool.RunAsync($"{target.Pid}", "--raw", file, Option)).ExitCode);
        var shown = await Tool.RunAsync("show", file, Option);
        Assert.Equal(ExitCode, shown.ExitCode);
        Assert.Contains("\nDeadlock: ", shown.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await Tool.RunAsync("show", file)).ExitCode);
        Assert.Equal(0, (await Tool.RunAsync($"{target.Pid}", "--raw", file)).ExitCode);
    }

    [Fact]
    public async Task AProgramThatIsWellIsASuccess()
    {
        await using var target = await StartAsync("NamedThreads");
        var result = await Tool.RunAsync($"{target.Pid}", Option);
        Assert.Equal(0, result.ExitCode);
        Assert.DoesNotContain("Deadlock", result.Output, StringComparison.Ordinal);
    }

    private static Task<TargetProcess> StartAsync(string shape) => TargetProcess.StartAsync(Flavour.Optimized, shape, TargetOptions.NoTrap);
}
