using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Outputs;

/// <summary>Where a dump cannot be written, the program goes on and the next dump is whole.</summary>
public sealed class OutputTroubleTests
{
    private const int SecondSignal = 37;

    /// <summary>Of another name than the first within the 15 characters that the kernel keeps.</summary>
    private const string SecondTrap = "signal=rt3;output=delegate";

    /// <summary>
    /// Where standard error was closed before the program began, the runtime soon has a pipe of its own under its number, and a dump
    /// written to it would be read as its messages.
    /// </summary>
    [Fact]
    public async Task ADescriptorOfTheRuntimeIsNotTakenForStandardError()
    {
        var options = TargetOptions.WithTrap("signal=usr1;output=stderr") with { Shell = "exec \"$0\" \"$@\" 2>&-" };
        Refusal refusal = await TargetProcess.StartRefusedAsync(Flavour.Optimized, options);
        Assert.Equal(nameof(StackflareError.OutputFailed), refusal.Error);
        Assert.Contains("Standard error", refusal.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exec \"$0\" \"$@\" 2>/dev/full")]
    [InlineData("exec \"$0\" \"$@\" 2</dev/null")]
    public async Task AStandardErrorThatTakesNothingDoesNoHarm(string shell)
    {
        const int rounds = 3;
        await using var target = await TargetProcess.StartAsync(
            Flavour.Optimized, "NamedThreads", new TargetOptions { Traps = [TargetOptions.JsonTrap, SecondTrap], Shell = shell });
        for (var i = 1; i <= rounds; i++)
        {
            await target.Trap.WakeAsync();
            target.Signal(SecondSignal);
            await target.WaitForLinesAsync("DUMPED ", i);
        }

        await target.AssertAliveAsync();
        await target.AssertExitsWellAsync();
    }

    [Fact]
    public async Task AReaderThatHasGoneDoesNoHarm()
    {
        await using var target = await TargetProcess.StartAsync(
            Flavour.Optimized, "NamedThreads", new TargetOptions { Traps = [TargetOptions.JsonTrap, SecondTrap], ReadStandardError = false });
        target.CloseErrors();
        for (var i = 1; i <= 3; i++)
        {
            await target.Trap.WakeAsync();
            target.Signal(SecondSignal);
            await target.WaitForLinesAsync("DUMPED ", i);
        }

        await target.AssertAliveAsync();
        await target.AssertExitsWellAsync();
    }

    /// <summary>Nobody reads until the pipe is full; then the dump goes on where it was, whether the descriptor blocks or not.</summary>
    [Theory]
    [InlineData("yes")]
    [InlineData("no")]
    public async Task APipeThatIsFullForAWhileGetsTheWholeDump(string nonBlocking)
    {
        // Lines are written whole: the last that would fit in part waits.
        const int AllButALine = 60 << 10;
        await using var target = await TargetProcess.StartAsync(
            Flavour.Optimized,
            "ManyThreads",
            new TargetOptions { Traps = [TargetOptions.JsonTrap], Arguments = ["--nonblocking-stderr", nonBlocking], ReadStandardError = false });
        target.Signal();
        await Poll.UntilAsync(() => target.UnreadErrors >= AllButALine, "a full pipe", target.Describe);
        await target.AssertAliveAsync();
        target.ReadErrors();
        Assert.Equal(1000, (await target.NextDumpAsync()).Threads.Count(t => t.Name?.StartsWith("many-", StringComparison.Ordinal) == true));
        await target.DumpAsync();
        Assert.Empty(target.Messages);
    }

    [RequiresRootFact]
    public async Task AFullDiskIsReportedAndLeavesNoHalfDump()
    {
        using var disk = new SmallDisk("size=256k");
        var file = Path.Combine(disk.Folder, "dumps.json");
        var filler = Path.Combine(disk.Folder, "filler");
        await using var target = await TargetProcess.StartAsync(
            Flavour.Optimized, "NamedThreads", TargetOptions.WithTrap($"signal=usr1;format=json;output={file}"));
        target.Signal();
        await Poll.UntilAsync(() => File.Exists(file) && new FileInfo(file).Length > 0 && IsWhole(file), "a first dump", target.Describe);
        var whole = new FileInfo(file).Length;

        disk.Fill(filler);
        target.Signal();
        var message = await target.Errors.WaitAsync(LinesOf, "a reason");
        Assert.StartsWith("stackflare: ", Assert.Single(message), StringComparison.Ordinal);
        Assert.Contains(file, message[0], StringComparison.Ordinal);
        Assert.Equal(whole, new FileInfo(file).Length);
        await target.AssertAliveAsync();

        File.Delete(filler);
        target.Signal();
        await Poll.UntilAsync(() => new FileInfo(file).Length > whole && IsWhole(file), "a further dump", target.Describe);
        var reader = new DumpReader();
        var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        Assert.NotNull(reader.Next(bytes));
        Assert.NotNull(reader.Next(bytes));
        Assert.Empty(reader.Messages);
    }

    [Fact]
    public async Task EachDumpOfAPatternGetsAFileOfItsOwn()
    {
        using var folder = new TemporaryFolder();
        await using var target = await TargetProcess.StartAsync(
            Flavour.Optimized, "NamedThreads", TargetOptions.WithTrap($"signal=usr1;format=json;output={folder.Path}/dump-{{pid}}-{{time}}.json"));
        for (var i = 1; i <= 3; i++)
        {
            target.Signal();
            await Poll.UntilAsync(() => Directory.GetFiles(folder.Path) is var files && files.Length == i && files.All(IsWhole), $"file {i}", target.Describe);
        }

        Assert.All(Directory.GetFiles(folder.Path), file =>
        {
            Assert.StartsWith($"dump-{target.Pid}-", Path.GetFileName(file), StringComparison.Ordinal);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            Assert.Equal(target.Pid, JsonDump.Parse(File.ReadAllBytes(file)).ProcessId);
        });
    }

    [Fact]
    public async Task ADelegateThatThrowsIsReportedAndCalledAgain()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "NamedThreads", TargetOptions.WithTrap("signal=usr1;output=throwing"));
        for (var i = 1; i <= 2; i++)
        {
            target.Signal();
            var lines = await target.Errors.WaitAsync(bytes => LinesOf(bytes) is { } l && l.Length == i ? l : null, $"reason {i}");
            Assert.Contains("the delegate's own trouble", lines[^1], StringComparison.Ordinal);
        }

        await target.AssertAliveAsync();
    }

    private static bool IsWhole(string file) => File.ReadAllText(file).EndsWith("\n}\n", StringComparison.Ordinal);

    private static string[]? LinesOf(ReadOnlyMemory<byte> bytes)
    {
        var text = System.Text.Encoding.UTF8.GetString(bytes.Span);
        return text.EndsWith('\n') ? text.Split('\n', StringSplitOptions.RemoveEmptyEntries) : null;
    }
}
