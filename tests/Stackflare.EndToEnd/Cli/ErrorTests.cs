using System.Diagnostics;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli;

/// <summary>
/// Processes of which there is no dump: what the tool ends with, and says. Runtimes before .NET 10 cannot be read from outside, so of them there is only what the kernel knows.
/// </summary>
public sealed class ErrorTests
{
    [Theory]
    [InlineData("2147483647")]
    [InlineData("0")]
    public async Task NoSuchProcess(string pid) =>
        (await Tool.RunAsync(pid)).AssertError(3, $"There is no process {pid}.", "stackflare ps");

    [Fact]
    public async Task AProcessThatHasEndedAndWasNotWaitedForIsNoneAnyMore()
    {
        // The shell becomes a program that never waits for the child it got. The child ends when that has happened: the shell itself would wait.
        const string command = """sh -c 'until [ "$(cat /proc/$PPID/comm)" = sleep ]; do :; done' & echo $!; exec sleep 1000""";
        using var parent = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command]) { RedirectStandardOutput = true })!;
        try
        {
            var child = await parent.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
            await Poll.UntilAsync(() => File.ReadAllText($"/proc/{child}/stat").Contains(") Z ", StringComparison.Ordinal), "its end", () => "");
            (await Tool.RunAsync(child!)).AssertError(3, $"There is no process {child}.");
        }
        finally
        {
            parent.Kill();
            await parent.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task AProgramThatIsNotDotNet()
    {
        using var sleep = Process.Start("/bin/sleep", ["1000"]);
        try
        {
            await Poll.UntilAsync(() => File.ReadAllText($"/proc/{sleep.Id}/comm") == "sleep\n", "the program", () => "");
            (await Tool.RunAsync($"{sleep.Id}")).AssertError(4, $"Process {sleep.Id} does not run .NET.");
        }
        finally
        {
            sleep.Kill();
            await sleep.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The tool is such a program itself.</summary>
    [Fact]
    public async Task AProgramThatWasCompiledAheadOfTime()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "NamedThreads", TargetOptions.NoTrap);
        await using var native = Tool.Start(ToolOptions.Default, $"{target.Pid}", "-n", "0", "-i", "3600000");
        await native.Output.WaitAsync(bytes => bytes.IsEmpty ? null : "", "a dump");
        (await Tool.RunAsync($"{native.Pid}")).AssertError(5, $"Process {native.Pid} was compiled with NativeAOT");
        Assert.False(native.HasExited);
    }

    [RequiresRootFact]
    public async Task AnotherUsersProcess()
    {
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_101_101);
        var tool = Path.Combine(folder.Path, "stackflare");
        File.Copy(Tool.Path, tool);
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "NamedThreads", TargetOptions.NoTrap);
        var nobody = new ToolOptions { Launcher = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"], Executable = tool };
        var result = await Tool.RunAsync(nobody, $"{target.Pid}");
        result.AssertError(6, $"Process {target.Pid} belongs to another user (uid 0).", "root");
        Assert.Empty(result.RawOutput);
        Assert.DoesNotContain($" {target.Pid} ", (await Tool.RunAsync(nobody, "ps")).RawOutput, StringComparison.Ordinal);
    }

    [Theory]
    [InFlavours("net9", LooksAt.Stacks, "DOTNET_EnableDiagnostics")]
    [InFlavours("net9", LooksAt.Stacks, "DOTNET_EnableDiagnostics_IPC")]
    [InFlavours("net9", LooksAt.Stacks, "DOTNET_EnableDiagnostics_Profiler")]
    [InFlavours("net9", LooksAt.Stacks, "COMPlus_EnableDiagnostics")]
    public async Task ARuntimeWithItsDiagnosticsSwitchedOff(string flavour, string variable)
    {
        await using var target = await TargetProcess.StartAsync(
            Flavour.Named(flavour), "NamedThreads", TargetOptions.NoTrap with { Environment = new Dictionary<string, string?> { [variable] = "0" } });
        var result = await Tool.RunAsync($"{target.Pid}");
        result.AssertError(7, $"{variable}=0");
        KernelFacts.AssertIn(result, target);
        Assert.Contains("\nNote: Stacks cannot be read from outside either: ", result.RawOutput, StringComparison.Ordinal);
        Assert.Contains(".NET 10 and 11", result.RawOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASocketThatWasRemoved()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Net9, "NamedThreads", TargetOptions.NoTrap);
        var socket = Directory.GetFiles(target.TemporaryFolder, "dotnet-diagnostic-*").Single();
        File.Delete(socket);
        var result = await Tool.RunAsync($"{target.Pid}");
        result.AssertError(8, socket, target.TemporaryFolder);
        KernelFacts.AssertIn(result, target);
    }

    /// <summary>The runtime removes its socket before it calls the handlers of its end.</summary>
    [Theory]
    [InFlavours("net8", LooksAt.Stacks)]
    [InFlavours("net9", LooksAt.Stacks)]
    public async Task AShutdownThatHangs(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "HungExit", TargetOptions.NoTrap);
        Assert.DoesNotContain("(port closed)", await RowAsync(target), StringComparison.Ordinal);
        await target.CommandAsync("leave");
        await Poll.UntilAsync(() => Directory.GetFiles(target.TemporaryFolder, "dotnet-diagnostic-*").Length == 0, "the beginning of the end", target.Describe);
        var result = await Tool.RunAsync($"{target.Pid}");
        result.AssertError(8, "a runtime removes it when it begins to shut down", "a handler of ProcessExit does not return");
        KernelFacts.AssertIn(result, target);
        Assert.Contains("(port closed)", await RowAsync(target), StringComparison.Ordinal);

        static async Task<string> RowAsync(TargetProcess target) =>
            (await Tool.RunAsync("ps")).Output.Split('\n').Single(l => l.TrimStart().StartsWith($"{target.Pid} ", StringComparison.Ordinal));
    }

    /// <summary>The runtime looked at the environment when it began, and made no socket in a folder that it could not write to.</summary>
    [Fact]
    public async Task ATemporaryFolderThatIsNotThere()
    {
        await using var target = await TargetProcess.StartAsync(
            Flavour.Net9, "NamedThreads", TargetOptions.NoTrap with { Environment = new Dictionary<string, string?> { ["TMPDIR"] = "/nonexistent" } });
        var result = await Tool.RunAsync($"{target.Pid}");
        result.AssertError(8, "TMPDIR names '/nonexistent', which does not exist");
        KernelFacts.AssertIn(result, target);
    }

    [Fact]
    public async Task ARuntimeThatIsTooOld()
    {
        await using var old = await FakeRuntime.StartAsync("refuses", version: "3.1.32");
        (await Tool.RunAsync($"{old.Pid}")).AssertError(9, $"Process {old.Pid} runs on .NET 3.1.32.", ".NET 8");
    }

    /// <summary>Where there was a compiler for it, the tool carries a probe for the other C library.</summary>
    [Fact]
    public async Task AProgramOfAnotherCLibrary()
    {
        await using var musl = await FakeRuntime.StartAsync("refuses", isMusl: true);
        var probe = Path.Combine(TestPaths.RepositoryRoot, "src", "Stackflare", "obj", "probe", "linux-musl-x64", "libstackflare_probe.so");
        var result = await Tool.RunAsync($"{musl.Pid}");
        if (File.Exists(probe))
            result.AssertError(12, "0x8013136A");
        else
            result.AssertError(10, "uses musl", "linux-musl-x64");
    }

    [Fact]
    public async Task AProgramOfAnotherProcessor()
    {
        await using var other = await FakeRuntime.StartAsync("refuses");
        other.PretendToBeForArm();
        (await Tool.RunAsync($"{other.Pid}")).AssertError(9, "arm64");
    }

    [Fact]
    public async Task AProcessThatIsStopped()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Net9, "NamedThreads", TargetOptions.NoTrap);
        target.Signal(Kernel.Stop);
        await Poll.UntilAsync(() => File.ReadAllText($"/proc/{target.Pid}/stat").Contains(") T ", StringComparison.Ordinal), "the stop", target.Describe);
        try
        {
            var result = await Tool.RunAsync($"{target.Pid}");
            result.AssertError(11, $"Process {target.Pid} is stopped", $"kill -CONT {target.Pid}");
            KernelFacts.AssertIn(result, target);
            Assert.Contains("is stopped", result.RawOutput, StringComparison.Ordinal);
        }
        finally
        {
            target.Signal(Kernel.Continue);
        }

        var dump = await Tool.DumpAsync(target);
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(dump));
    }
}
