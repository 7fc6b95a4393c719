using System.Globalization;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli;

/// <summary><c>stackflare signal</c>: only a process that waits for the signal gets it, because any other one would end.</summary>
public sealed class SignalCommandTests
{
    [Theory]
    [InlineData("signal=usr1", "SIGUSR1")]
    [InlineData("signal=usr2", "SIGUSR2")]
    [InlineData("signal=quit", "SIGQUIT")]
    [InlineData("signal=39", "SIGRTMIN+5")]
    public async Task AProgramThatWaitsForASignalGetsIt(string trap, string signal)
    {
        await using var target = await StartAsync(trap);
        ToolResult result = await Tool.RunAsync("signal", $"{target.Pid}");
        Assert.Equal($"{signal} was sent to process {target.Pid} (Shapes). The dump goes where the program's signal handler writes it.\n", result.Output);
        await target.Errors.WaitAsync(_ => target.Errors.Text.Contains(signal, StringComparison.Ordinal) ? "" : null, "the dump");
        await target.AssertAliveAsync();
    }

    [Fact]
    public async Task OneOfTwoCanBeChosen()
    {
        await using var target = await StartAsync("signal=usr1", "signal=usr2");
        Assert.StartsWith("SIGUSR1 was sent", (await Tool.RunAsync("signal", $"{target.Pid}")).Output, StringComparison.Ordinal);
        Assert.StartsWith("SIGUSR2 was sent", (await Tool.RunAsync("signal", $"{target.Pid}", "-s", "usr2")).Output, StringComparison.Ordinal);
        (await Tool.RunAsync("signal", $"{target.Pid}", "-s", "quit")).AssertError(9, "does not wait for SIGQUIT", "it may do something else then", "It waits for SIGUSR1 and SIGUSR2.");
        (await Tool.RunAsync("signal", $"{target.Pid}", "-s", "SIGRTMIN+7")).AssertError(9, "does not wait for SIGRTMIN+7", "it would end");
        await target.AssertAliveAsync();
    }

    /// <summary>The trap of one signal is none of another.</summary>
    [Fact]
    public async Task TrapsAreToldApart()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "NamedThreads", TargetOptions.WithTrap("signal=usr2"));
        Assert.StartsWith("SIGUSR2 was sent", (await Tool.RunAsync("signal", $"{target.Pid}")).Output, StringComparison.Ordinal);
        (await Tool.RunAsync("signal", $"{target.Pid}", "-s", "usr1")).AssertError(9, "does not wait for SIGUSR1", "It waits for SIGUSR2.");
        await using var other = await StartAsync("signal=39", "signal=40");
        (await Tool.RunAsync("signal", $"{other.Pid}", "-s", "41")).AssertError(9, "does not wait for SIGRTMIN+7", "It waits for SIGRTMIN+5 and SIGRTMIN+6.");
        await other.AssertAliveAsync();
    }

    [Fact]
    public async Task AProgramWithoutATrapLives()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "NamedThreads", TargetOptions.NoTrap);
        (await Tool.RunAsync("signal", $"{target.Pid}")).AssertError(9, "waits for no signal to dump itself, so nothing was sent", $"stackflare {target.Pid}");
        // The runtime catches this one in each program.
        (await Tool.RunAsync("signal", $"{target.Pid}", "-s", "quit")).AssertError(9, "does not wait for SIGQUIT");
        await target.AssertAliveAsync();
    }

    /// <summary>One that is no .NET program is named by its id, and no other tool's handler gets a signal.</summary>
    [Fact]
    public async Task AnotherProgramLivesToo()
    {
        await using var shell = Tool.Start(new ToolOptions { Executable = "bash" }, "-c", "trap 'echo got' USR1; echo ready; while :; do sleep 0.05; done");
        await shell.Output.WaitAsync(_ => shell.Output.Text.Contains("ready", StringComparison.Ordinal) ? "" : null, "the shell");
        (await Tool.RunAsync("signal", shell.Pid.ToString(CultureInfo.InvariantCulture))).AssertError(9, "waits for no signal to dump itself");
        (await Tool.RunAsync("signal", shell.Pid.ToString(CultureInfo.InvariantCulture), "-s", "usr1")).AssertError(9, "does not wait for SIGUSR1");
        Assert.Equal("ready\n", shell.Output.Text);
        Assert.False(shell.HasExited);
    }

    [Fact]
    public async Task AStoppedProgramIsSaidToBe()
    {
        await using var target = await StartAsync("signal=usr1");
        Kernel.Send(target.Pid, Kernel.Stop);
        await Poll.UntilAsync(() => File.ReadAllText($"/proc/{target.Pid}/stat").Contains(") T ", StringComparison.Ordinal), "the stop", target.Describe);
        (await Tool.RunAsync("signal", $"{target.Pid}")).AssertError(11, "is stopped", $"kill -CONT {target.Pid}");
        Kernel.Send(target.Pid, Kernel.Continue);
        await target.AssertAliveAsync();
    }

    [Theory]
    [InlineData("'9x' is not a signal", "1", "-s", "9x")]
    [InlineData("no program can handle it", "1", "-s", "kill")]
    [InlineData("SIGTERM ends a program", "1", "-s", "term")]
    public async Task WrongSignalsAreSaidToBe(string reason, params string[] arguments) => (await Tool.RunAsync(["signal", .. arguments])).AssertError(2, reason);

    [Fact]
    public async Task ThereHasToBeAProcess() => (await Tool.RunAsync("signal", "999999999")).AssertError(3, "There is no process 999999999");

    private static Task<TargetProcess> StartAsync(params string[] traps) => TargetProcess.StartAsync(Flavour.Optimized, "NamedThreads", TargetOptions.WithTrap(traps));
}
