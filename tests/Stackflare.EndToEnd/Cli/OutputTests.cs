using System.Globalization;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli;

/// <summary>Where results go: to a file, whole or not at all, or to standard output.</summary>
public sealed class OutputTests(StillTarget still) : IClassFixture<StillTarget>
{
    [Theory]
    [InlineData("-o", "-f", "json")]
    [InlineData("--output", "-f", "folded")]
    public async Task AFileGetsWhatStandardOutputWould(string option, params string[] format)
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "dump");
        await File.WriteAllTextAsync(file, "what was there before", TestContext.Current.CancellationToken);
        string written = await WriteAsync();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(["dump"], Names(folder.Path));
        if (format[1] == "folded")
            await TwoDumps.AssertAlikeAsync(WriteAsync, async () => (await Tool.RunAsync([still.Id, .. format])).Output);
        else
            Assert.All(still.Process.Truth.Threads, thread => thread.AssertIn(JsonDump.Parse(System.Text.Encoding.UTF8.GetBytes(written))));

        async Task<string> WriteAsync()
        {
            Assert.Empty((await Tool.RunAsync([still.Id, option, file, .. format])).Output);
            return await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        }
    }

    [Theory]
    [InlineData("/nonexistent/dump", "Create the directory first")]
    [InlineData("/proc/dump", "")]
    [InlineData("/dev/full", "it is not a regular file")]
    [InlineData("/tmp", "Is a directory")]
    [InlineData("/tmp/", "Is a directory")]
    public async Task AFileThatCannotBeWritten(string file, string reason)
    {
        foreach (var option in new[] { "-o", "--raw" })
        {
            var result = await Tool.RunAsync(still.Id, option, file);
            result.AssertError(13, $"The file '{file}' cannot be written", reason);
            Assert.Empty(result.RawOutput);
        }
    }

    [Fact]
    public async Task ALinkIsNotFollowed()
    {
        using var folder = new TemporaryFolder();
        var (link, file) = (Path.Combine(folder.Path, "link"), Path.Combine(folder.Path, "file"));
        await File.WriteAllTextAsync(file, "somebody's", TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(link, file);
        (await Tool.RunAsync(still.Id, "-o", link)).AssertError(13, "it is a symbolic link");
        Assert.Equal("somebody's", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        Assert.Equal(["file", "link"], Names(folder.Path));
    }

    [RequiresRootTheory]
    [InlineData("-o")]
    [InlineData("--raw")]
    public async Task AFullDiskLeavesWhatWasThere(string option)
    {
        using var disk = new SmallDisk("size=64k");
        var file = Path.Combine(disk.Folder, "dump");
        await File.WriteAllTextAsync(file, "what was there before", TestContext.Current.CancellationToken);
        disk.Fill(Path.Combine(disk.Folder, "filler"));
        (await Tool.RunAsync(still.Id, option, file)).AssertError(13, file, "No space left on device");
        Assert.Equal("what was there before", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        Assert.Equal(["dump", "filler"], Names(disk.Folder));
    }

    /// <summary>The kernel would end a process that writes more than it may by a signal.</summary>
    [Theory]
    [InlineData("-o")]
    [InlineData("--raw")]
    public async Task ALimitOnFileSizesLeavesWhatWasThere(string option)
    {
        // The probe fits, which is a file in memory; the dump does not.
        const int kilobytes = 256;
        await using var target = await TargetProcess.StartAsync(
            Flavour.Optimized, "ManyThreads", TargetOptions.NoTrap with { Arguments = ["--threads", "3000"] });
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "dump");
        await File.WriteAllTextAsync(file, "what was there before", TestContext.Current.CancellationToken);
        Assert.InRange(new FileInfo(TestPaths.Probe).Length, 1, kilobytes << 10);
        (await Tool.RunAsync(Limited(kilobytes), $"{target.Pid}", option, file, "--no-group", "--timeout", "60")).AssertError(13, file, "File too large");
        Assert.Equal("what was there before", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        Assert.Equal(["dump"], Names(folder.Path));
    }

    [RequiresTracingFact]
    public async Task ALimitThatNotEvenTheProbeFitsInIsToldOf()
    {
        var result = await Tool.RunAsync(Limited(1), still.Id);
        Assert.Matches("(?m)^Note: The probe could not be used: The probe cannot be copied to process .*File too large", result.Output);
    }

    [Theory]
    [InlineData("exec \"$0\" \"$@\" >/dev/full", "No space left on device")]
    [InlineData("exec \"$0\" \"$@\" >&-", "it is closed")]
    [InlineData("exec \"$0\" \"$@\" 1</dev/null", "it is closed")]
    public async Task AStandardOutputThatTakesNothing(string shell, string reason)
    {
        foreach (var format in new[] { "text", "folded" })
            (await Tool.RunAsync(new ToolOptions { Launcher = ["/bin/sh", "-c", shell] }, still.Id, "-f", format)).AssertError(13, "Standard output cannot be written: " + reason);
    }

    [Fact]
    public async Task ADashIsStandardOutput()
    {
        using var folder = new TemporaryFolder();
        var inside = new ToolOptions { Launcher = ["/bin/sh", "-c", $"cd '{folder.Path}' && exec \"$0\" \"$@\""] };
        JsonDump dump = (await Tool.RunAsync(inside, still.Id, "-o", "-", "-f", "json")).Json;
        Assert.All(still.Process.Truth.Threads, thread => thread.AssertIn(dump));
        Assert.Empty(Names(folder.Path));
    }

    /// <summary>Sampling ends with its reader, instead of going on for nobody, and without a word: the reader has what it wanted.</summary>
    [Fact]
    public async Task AReaderThatHasGoneEndsTheRun()
    {
        var head = new ToolOptions { Launcher = ["/bin/bash", "-c", "\"$0\" \"$@\" | head -1 >/dev/null; exit ${PIPESTATUS[0]}"] };
        Assert.Empty((await Tool.RunAsync(head, still.Id, "-n", "0", "-i", "1")).Output);
        Assert.Empty((await Tool.RunAsync(head, "ps")).Output);
    }

    /// <summary>A shell's job control, or a terminal multiplexer, leaves descriptors that do not block: the tool sleeps until there is room, and writes everything.</summary>
    [Fact]
    public async Task APipeThatDoesNotBlockIsWaitedFor()
    {
        using var folder = new TemporaryFolder();
        string pipe = Path.Combine(folder.Path, "pipe"), launcher = Path.Combine(folder.Path, "nonblocking");
        await FakeRuntime.CompileAsync([Path.Combine(TestPaths.RepositoryRoot, "tests", "Stackflare.EndToEnd", "Cli", "Harness", "nonblocking.c"), "-o", launcher]);
        var options = new ToolOptions { Launcher = ["/bin/sh", "-c", $"mkfifo '{pipe}' && exec >'{pipe}' && exec '{launcher}' \"$0\" \"$@\""] };
        await using var tool = Tool.Start(options, still.Id, "-n", "200", "-i", "0", "-f", "json");
        await Poll.UntilAsync(() => File.Exists(pipe), "a pipe", () => tool.Errors.Text);
        await using var reader = new FileStream(pipe, FileMode.Open, FileAccess.Read);
        await Poll.UntilAsync(() => Written(tool.Pid) >= 64 << 10 && Enumerable.Range(0, 50).All(_ => IsAsleep(tool.Pid)), "a tool that sleeps", () => tool.Errors.Text);
        using var text = new StreamReader(reader);
        string written = await text.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, (await tool.WaitAsync()).ExitCode);
        Assert.Equal(200, written.Split("\"$schema\"").Length - 1);

        static long Written(int pid) => long.Parse(File.ReadLines($"/proc/{pid}/io").Single(l => l.StartsWith("wchar:", StringComparison.Ordinal))["wchar:".Length..], CultureInfo.InvariantCulture);

        static bool IsAsleep(int pid)
        {
            try
            {
                return Directory.GetDirectories($"/proc/{pid}/task").All(t => File.ReadLines(t + "/status").Any(l => l.StartsWith("State:\tS", StringComparison.Ordinal)));
            }
            catch (IOException)
            {
                // A thread has ended.
                return false;
            }
        }
    }

    [Theory]
    [InlineData("nothing", "")]
    [InlineData("text", "this is no snapshot, and it is longer than the header of one would have been if it were one; so it is read to the end.")]
    public async Task AFileThatIsNoSnapshot(string name, string content)
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, name);
        await File.WriteAllTextAsync(file, content, TestContext.Current.CancellationToken);
        var result = await Tool.RunAsync("show", file);
        result.AssertError(14, $"The snapshot '{file}' cannot be read: ");
        Assert.Empty(result.RawOutput);
        var missing = Path.Combine(folder.Path, "missing");
        (await Tool.RunAsync("show", missing)).AssertError(14, $"The snapshot '{missing}' cannot be read: it does not exist");
        (await Tool.RunAsync("show", folder.Path)).AssertError(14, $"The snapshot '{folder.Path}' cannot be read: ");
    }

    /// <summary>Whatever is wrong with a snapshot, the tool says so or shows what there is; it never breaks.</summary>
    [Fact]
    public async Task ADamagedSnapshot()
    {
        using var folder = new TemporaryFolder();
        var whole = Path.Combine(folder.Path, "whole");
        Assert.Empty((await Tool.RunAsync(still.Id, "--raw", whole)).Output);
        byte[] bytes = await File.ReadAllBytesAsync(whole, TestContext.Current.CancellationToken);
        var damaged = Path.Combine(folder.Path, "damaged");

        foreach (var length in new[] { 1, 31, 64, bytes.Length / 2, bytes.Length - 1 })
        {
            await File.WriteAllBytesAsync(damaged, bytes[..length], TestContext.Current.CancellationToken);
            (await Tool.RunAsync("show", damaged)).AssertError(14, $"The snapshot '{damaged}' cannot be read: ");
        }

        var random = new Random(4242);
        var refused = 0;
        for (var i = 0; i < 60; i++)
        {
            var copy = (byte[])bytes.Clone();
            // The first half of the rounds spoils the directory and the first records, where most can go wrong.
            for (var j = 0; j < 1 + (i % 4); j++)
                copy[random.Next(i < 30 ? Math.Min(1024, copy.Length) : copy.Length)] = (byte)random.Next(256);
            await File.WriteAllBytesAsync(damaged, copy, TestContext.Current.CancellationToken);
            var result = await Tool.RunAsync("show", damaged, "-f", "json");
            if (result.ExitCode == 0)
            {
                _ = result.Json;
                continue;
            }

            result.AssertError(14, $"The snapshot '{damaged}' cannot be read: ");
            refused++;
        }

        Assert.InRange(refused, 1, 60);
    }

    private static ToolOptions Limited(int kilobytes) => new() { Launcher = ["/bin/bash", "-c", $"ulimit -f {kilobytes}; exec \"$0\" \"$@\""] };

    private static IEnumerable<string?> Names(string folder) => Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal);
}
