using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli;

/// <summary>Ctrl+C and its like: what there is by then is written, and the exit code says whether it is all that was asked for.</summary>
public sealed class InterruptTests(StillTarget still) : IClassFixture<StillTarget>
{
    [Theory]
    [InlineData(Kernel.Interrupt, "5", 130)]
    [InlineData(Kernel.Terminate, "5", 130)]
    [InlineData(Kernel.HangUp, "5", 130)]
    [InlineData(Kernel.Interrupt, "0", 0)]
    public async Task AWaitForTheNextDumpEndsAtOnce(int signal, string count, int exitCode)
    {
        await using var tool = Tool.Start(ToolOptions.Default, still.Id, "-n", count, "-i", "3600000", "-f", "json");
        var reader = new DumpReader();
        var dump = await tool.Output.WaitAsync(reader.Next, "a dump");
        tool.Send(signal);
        var result = await tool.WaitAsync();
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Empty(result.Error);
        Assert.All(still.Process.Truth.Threads, thread => thread.AssertIn(dump));
        Assert.Null(reader.Next(result.Bytes));
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1000000", 130)]
    public async Task WhatAddsUpIsWrittenWhole(string count, int exitCode)
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "profile");
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "NamedThreads", TargetOptions.NoTrap);
        await using var tool = Tool.Start(ToolOptions.Default, $"{target.Pid}", "-n", count, "-i", "1", "-f", "folded", "-o", file);

        // The runtime's thread sleeps at least once between two dumps, and not so often in one.
        var server = new KernelThread(target.Pid, ".NET EventPipe");
        await Poll.UntilAsync(() => server.Sleeps > 100, "some dumps", target.Describe);
        Assert.False(File.Exists(file));
        tool.Send(Kernel.Interrupt);
        var result = await tool.WaitAsync();
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Empty(result.Error);
        string[] lines = await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken);
        string[] counts = [.. target.Truth.Threads.Select(t => lines.Single(l => l.StartsWith(t.Name + ";", StringComparison.Ordinal)).Split(' ')[^1])];
        Assert.NotEqual("0", counts[0]);
        Assert.All(counts, c => Assert.Equal(counts[0], c));
        Assert.Equal(["profile"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName));
    }

    /// <summary>A runtime that does not answer is waited for as long as it may take, or until somebody has seen enough.</summary>
    [Fact]
    public async Task AWaitForTheRuntimeIsCalledOff()
    {
        await using var fake = await FakeRuntime.StartAsync("deaf");
        await using var tool = Tool.Start(ToolOptions.Default, $"{fake.Pid}", "--timeout", "600");
        await Poll.UntilAsync(() => KernelThread.First(tool.Pid).WaitChannel.Contains("poll", StringComparison.Ordinal), "the wait", () => "");
        tool.Send(Kernel.Interrupt);
        var result = await tool.WaitAsync();
        Assert.Equal(130, result.ExitCode);
        Assert.Empty(result.Error);
        Assert.Empty(result.RawOutput);
    }

    [Fact]
    public async Task ASavedSeriesKeepsWhatItHas()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "raw");
        await using var tool = Tool.Start(ToolOptions.Default, still.Id, "-n", "5", "-i", "3600000", "--raw", file);
        await Poll.UntilAsync(() => File.Exists(file + ".0001"), "the first snapshot", () => "");
        tool.Send(Kernel.Interrupt);
        Assert.Equal(130, (await tool.WaitAsync()).ExitCode);
        var dump = (await Tool.RunAsync("show", file + ".0001", "-f", "json")).Json;
        Assert.All(still.Process.Truth.Threads, thread => thread.AssertIn(dump));
        Assert.Equal(["raw.0001"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName));
    }
}
