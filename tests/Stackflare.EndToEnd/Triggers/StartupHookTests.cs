using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Triggers;

/// <summary>A program that knows nothing of the library gets its trap from the environment.</summary>
public sealed class StartupHookTests
{
    [Theory]
    [InlineData("plain", null, Kernel.Usr1)]
    [InlineData("plain, net11", null, Kernel.Usr1)]
    [InlineData("plain", "SIGUSR1", Kernel.Usr1)]
    [InlineData("plain", "USR2", Kernel.Usr2)]
    [InlineData("plain", "SIGQUIT", Kernel.Quit)]
    [InlineData("plain, net11", "SIGQUIT", Kernel.Quit)]
    [InlineData("plain", "SIGRTMIN+3", 37)]
    [InlineData("plain, net11", "SIGRTMIN+3", 37)]
    [InlineData("plain", "10", Kernel.Usr1)]
    public async Task TheSignalOfTheEnvironmentDumps(string flavour, string? signal, int number)
    {
        await using var target = await TargetProcess.StartAsync(
            Flavour.Named(flavour), "NamedThreads", Hook(("STACKFLARE_SIGNAL", signal), ("STACKFLARE_FORMAT", "json")));
        var dump = await target.DumpAsync(number);
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(dump));
        await target.AssertExitsWellAsync();
        Assert.Empty(target.Messages);
    }

    [Theory]
    [InlineData(null, "Thread dump of Plain ")]
    [InlineData("text", "Thread dump of Plain ")]
    [InlineData("traceback", "File \"")]
    [InlineData("json", "\"$schema\"")]
    public async Task TheFormatOfTheEnvironmentIsWritten(string? format, string mark)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Plain, "NamedThreads", Hook(("STACKFLARE_FORMAT", format)));
        target.Signal();
        await target.Errors.WaitAsync(bytes => System.Text.Encoding.UTF8.GetString(bytes.Span).Contains(mark, StringComparison.Ordinal) ? "" : null, mark);
    }

    [Fact]
    public async Task TheOutputOfTheEnvironmentIsWrittenTo()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "dump.json");
        await using var target = await TargetProcess.StartAsync(
            Flavour.Plain, "NamedThreads", Hook(("STACKFLARE_OUTPUT", file), ("STACKFLARE_FORMAT", "json")));
        target.Signal();
        await Poll.UntilAsync(() => File.Exists(file) && File.ReadAllText(file).EndsWith("\n}\n", StringComparison.Ordinal), "the file", target.Describe);
        Assert.Equal(target.Pid, JsonDump.Parse(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)).ProcessId);
    }

    [Theory]
    [InlineData("stdout")]
    [InlineData("-")]
    public async Task StandardOutputCanBeTheOutput(string name)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Plain, "NamedThreads", Hook(("STACKFLARE_OUTPUT", name)));
        target.Signal();
        await target.WaitForLineAsync("Thread dump of Plain ");
        await target.AssertExitsWellAsync();
        Assert.Empty(target.Errors.Text);
    }

    [Theory]
    [InlineData("STACKFLARE_SIGNAL", "SIGKILL")]
    [InlineData("STACKFLARE_SIGNAL", "nonsense")]
    [InlineData("STACKFLARE_FORMAT", "xml")]
    [InlineData("STACKFLARE_OUTPUT", "/nonexistent/dump")]
    [InlineData("STACKFLARE_OUTPUT", "/tmp/{nonsense}")]
    [InlineData("DOTNET_EnableDiagnostics", "0")]
    public async Task ABadSettingIsOneLineAndTheProgramRuns(string variable, string value)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Plain, "NamedThreads", Hook((variable, value)));
        await target.AssertExitsWellAsync();
        await target.WaitForEndOfErrorsAsync();
        var line = Assert.Single(target.Errors.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("stackflare: ", line, StringComparison.Ordinal);
        // What is wrong is named: the variable, or the file that is its value.
        Assert.Contains(variable == "STACKFLARE_OUTPUT" && value[^1] != '}' ? value : variable, line, StringComparison.Ordinal);
    }

    private static TargetOptions Hook(params (string Name, string? Value)[] settings)
    {
        var environment = settings.ToDictionary(s => s.Name, s => s.Value);
        environment["DOTNET_STARTUP_HOOKS"] = TestPaths.Library;
        return TargetOptions.NoTrap with { Environment = environment };
    }
}
