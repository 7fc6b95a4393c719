using Stackflare.EndToEnd.Cli.Harness;

namespace Stackflare.EndToEnd.Cli;

/// <summary>What ends the tool when the kernel does not let it go on.</summary>
public sealed class WatchdogTests(StillTarget still) : IClassFixture<StillTarget>
{
    [Fact]
    public async Task AKernelThatDoesNotTellOfTheProcessIsNotWaitedFor()
    {
        var witness = await Witness.RunHangingAtAsync($"/proc/{still.Id}/maps", still.Id, "--timeout", "0.01");
        witness.Result.AssertError(11, "No stacks within 0.01 s: the kernel does not return information about the process.");
        Assert.Empty(witness.Result.RawOutput);
        await still.Process.AssertAliveAsync();
    }

    [Fact]
    public async Task OneThreadWatchesOverASeries()
    {
        const int dumps = 20;
        var witness = await Witness.RunAsync(still.Id, "-n", $"{dumps}", "-i", "1", "-f", "json");
        Assert.Equal(0, witness.Result.ExitCode);
        Assert.Equal(dumps, witness.Result.RawOutput.Split("\"$schema\"").Length - 1);
        Assert.Single(witness.Threads, "watchdog");
    }

    /// <summary>What was done in time is not watched any more.</summary>
    [Fact]
    public async Task ASeriesLastsLongerThanADumpMay()
    {
        const int seconds = 2;
        var result = await Tool.RunAsync(still.Id, "-n", "2", "-i", $"{(seconds + 2) * 1000}", "--timeout", $"{seconds}", "-f", "json");
        Assert.Equal(2, result.Output.Split("\"$schema\"").Length - 1);
    }
}
