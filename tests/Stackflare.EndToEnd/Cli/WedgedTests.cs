using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli;

/// <summary>Runtimes that do not answer, or answer what no runtime would: the tool ends within its time, and says why they are read from outside, or why there are no stacks.</summary>
public sealed class WedgedTests
{
    /// <summary>For runtimes that do not answer: the error says how long it was, and the first dump that does not come ends the run.</summary>
    private const double Short = 0.5;

    /// <summary>For runtimes that answer: more than the test waits for the tool, so that it is not the limit that ends the run.</summary>
    private const double Long = 600;

    /// <summary>The first dump that does not come is the last one that the runtime is asked for.</summary>
    [RequiresTracingTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores)]
    public async Task ADiagnosticsThreadThatDoesNotAnswer(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads", TargetOptions.NoTrap);
        using (FrozenThread.Named(target.Pid, ".NET EventPipe"))
        {
            string output = (await RunAsync(target.Pid, Short)).Output;
            Assert.Equal(3, output.Split("\nNote: The probe could not be used: No stacks within 0.5 s").Length - 1);
            Assert.Contains("Unchanged in all 3 dumps", output, StringComparison.Ordinal);
        }

        await target.AssertAliveAsync();
        var dump = await Tool.DumpAsync(target);
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(dump));
    }

    /// <summary>The program cannot be paused: one of its threads runs managed code and does not come to a safe point. That is seen before.</summary>
    [RequiresTracingTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores)]
    public async Task AThreadThatCannotBePaused(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "Spinning", TargetOptions.NoTrap);
        using (FrozenThread.ById(target.Truth.Named("plain loop").OsId))
        {
            string output = (await RunAsync(target.Pid, Long)).Output;
            Assert.Matches("(?m)^Note: The probe could not be used: .*\"plain loop\" tid=\\d+ is held by a debugger. It was not stopped.", output);
            Assert.Contains("\nNote: The stack of one thread is missing: a debugger or another tracer holds it.\n", output, StringComparison.Ordinal);
        }

        await target.AssertAliveAsync();
        var dump = await Tool.DumpAsync(target);
        Assert.All(target.Truth.Threads, thread => Assert.NotEmpty(dump.Of(thread).Frames));
    }

    /// <summary>More dumps are asked for than come: each waits for its time, and the first that does not come ends the run.</summary>
    [Theory]
    [InlineData("never", 11, "No stacks within 0.5 s: the runtime accepts no connection.")]
    [InlineData("deaf", 11, "No stacks within 0.5 s")]
    [InlineData("hangs", 11, "No stacks within 0.5 s")]
    [InlineData("closes", 12, "the process may be ending")]
    [InlineData("babbles", 12, "the process may be ending")]
    [InlineData("refuses", 12, "0x8013136A")]
    [InlineData("agrees", 12, "")]
    [InlineData("empty", 12, "")]
    [InlineData("garbage", 14, "The snapshot cannot be read")]
    [InlineData("endless", 14, "more than")]
    public async Task ARuntimeThatIsNone(string how, int exitCode, string reason)
    {
        await using var fake = await FakeRuntime.StartAsync(how);
        var result = await RunAsync(fake.Pid, reason.Contains("0.5 s", StringComparison.Ordinal) ? Short : Long);
        result.AssertError(exitCode, reason);
        Assert.Contains($"\"fake\" tid={fake.Pid} ", result.RawOutput, StringComparison.Ordinal);
    }

    private static Task<ToolResult> RunAsync(int pid, double seconds) =>
        Tool.RunAsync($"{pid}", "--timeout", FormattableString.Invariant($"{seconds}"), "-n", "3");
}
