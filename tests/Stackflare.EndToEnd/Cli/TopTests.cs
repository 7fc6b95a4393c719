using System.Globalization;
using System.Text.RegularExpressions;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Findings;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli;

/// <summary><c>stackflare top</c>: its screens say what is known of the program, and the terminal is as before.</summary>
public sealed partial class TopTests
{
    private const double Points = 4;

    private const string Unused = "Lines: none uses the processor";

    /// <summary>Of a thread, the kernel counts all of the time, so that the shares are right on a busy machine too.</summary>
    [Theory]
    [InFlavours("optimized", LooksAt.Stacks)]
    [InFlavours("net11", LooksAt.Stacks)]
    public async Task TheBusiestThreadsAndTheHottestLineAreRight(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "Shares", TargetOptions.NoTrap);
        ToolResult result = await WatchAsync(static r => PausedPercent(r) <= 1.5, $"{target.Pid}", "--once", "-i", "4000");
        Dictionary<string, double> threads = ThreadRow().Matches(result.Output).ToDictionary(m => m.Groups["name"].Value, m => double.Parse(m.Groups["share"].Value, CultureInfo.InvariantCulture));
        double all = threads["seven"] + threads["two"] + threads["one"];
        Assert.InRange(100 * threads["seven"] / all, 70 - Points, 70 + Points);
        Assert.InRange(100 * threads["two"] / all, 20 - Points, 20 + Points);
        Assert.InRange(100 * threads["one"] / all, 10 - Points, 10 + Points);
        Assert.DoesNotContain("sleeper", threads.Keys);
        // The lines have all that the threads have used.
        double lines = LineRow().Matches(result.Output).Concat(BetweenRow().Matches(result.Output)).Sum(m => double.Parse(m.Groups["share"].Value, CultureInfo.InvariantCulture));
        Assert.InRange(lines, all - 2, all + 2);
        Assert.Contains(LineRow().Matches(result.Output), m => m.Groups["place"].Value.EndsWith("Shares.Used() in " + Path.Combine(TestPaths.RepositoryRoot, "tests", "Targets", "Shapes", "Shares.cs"), StringComparison.Ordinal));
        Assert.InRange(PausedPercent(result), 0, 1.5);
    }

    [Fact]
    public async Task AConvoyIsSaidWithItsHolder()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "CouponService", TargetOptions.NoTrap with { Arguments = ["--partner", "managed"] });
        using (var dumps = new LiveDumps(target))
            await dumps.WhenAllWaitAsync();
        // The runtime compiles for some time.
        string[] screen = (await WatchAsync(static r => r.Output.Contains(Unused, StringComparison.Ordinal), $"{target.Pid}", "--once", "-i", "1000", "--no-async")).Output.Split('\n');
        TruthThread holder = target.Truth.Named("first customer"), waiter = target.Truth.Named("customer 0");
        Assert.Contains(screen, l => l.StartsWith("Lock convoy: 50 threads wait for ", StringComparison.Ordinal));
        int title = Array.IndexOf(screen, "Locks, by waiting threads (1 lock is wanted)");
        Assert.NotEqual(-1, title);
        Assert.StartsWith("   50 wait  ", screen[title + 1], StringComparison.Ordinal);
        Assert.StartsWith($"       held by \"first customer\" #{holder.ManagedId}, sleeping at ", screen[title + 2], StringComparison.Ordinal);
        Assert.EndsWith($"CouponService.cs:line {holder.Marks[0].Line}", screen[title + 2], StringComparison.Ordinal);
        Assert.StartsWith("       50 wait at ", screen[title + 3], StringComparison.Ordinal);
        Assert.EndsWith($"CouponService.cs:line {waiter.Marks[0].Line}", screen[title + 3], StringComparison.Ordinal);
        Assert.Contains(Unused, screen);
        Assert.Contains("Async methods that wait: not looked at", screen);
    }

    /// <summary>The target does what the test says only when the tool has seen what was before.</summary>
    [Fact]
    public async Task AQueueAndAwaitsThatGrowAreSaid()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "Rising", TargetOptions.NoTrap);
        await target.CommandAsync("queue 5");
        await target.CommandAsync("wait 3");
        await using var tool = Tool.Start(ToolOptions.Default, "top", $"{target.Pid}", "-n", "0", "-i", "200");
        await WaitForAsync(tool, @"(?m)^Thread pool: 5 queued \(unchanged in \S+\), \d+ workers");
        await WaitForAsync(tool, @"(?m)^        3 +at Stackflare\.Targets\.Shapes\.Rising\.WaitForAll\(\) in .*/Rising\.cs:line \d+ \[TaskCompletionSource\]$");
        await target.CommandAsync("queue 7");
        await target.CommandAsync("wait 40");
        await WaitForAsync(tool, @"(?m)^Thread pool: \d+ queued, growing: \d+ more than \S+ ago, ");
        await WaitForAsync(tool, @"(?m)^Thread pool: 12 queued \(unchanged");
        await WaitForAsync(tool, @"(?m)^       43  \+40 +at Stackflare\.Targets\.Shapes\.Rising\.WaitForAll\(\)");
        Assert.Contains("Thread pool starved: ", tool.Output.Text, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', tool.Output.Text);
        tool.Send(Kernel.Interrupt);
        ToolResult result = await tool.WaitAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.Empty(result.Error);
        await target.AssertAliveAsync();
    }

    /// <summary>A number of screens, one below the other, without a terminal.</summary>
    [Fact]
    public async Task SeveralScreensAreWritten()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "NamedThreads", TargetOptions.NoTrap);
        Assert.Equal(2, Screens(await WatchAsync(static r => Screens(r) == 2, $"{target.Pid}", "-n", "2", "-i", "500")));
        Assert.Equal(1, Screens(await WatchAsync(static r => Screens(r) == 1, $"{target.Pid}", "-i", "300")));
    }

    /// <summary>A pause of half a millisecond is a part of 200 ms that two samples may not take.</summary>
    [Fact]
    public async Task ASampleThatWouldPauseForTooLongIsNotTaken()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "ManyThreads", TargetOptions.NoTrap with { Arguments = ["--threads", "1000"] });
        ToolResult result = await Tool.RunAsync("top", $"{target.Pid}", "--once", "-i", "200");
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("\nLines: not known after one sample\n", result.RawOutput, StringComparison.Ordinal);
        Assert.Equal("stackflare: One sample was taken: a second one would have paused the program for more than 1 % of the time. Use a longer --interval.\n", result.Error);
    }

    [RequiresTerminalTheory]
    [InlineData(80, 24)]
    [InlineData(120, 40)]
    [InlineData(200, 50)]
    [InlineData(40, 6)]
    public async Task AScreenFitsTheTerminal(int columns, int rows)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "Shares", TargetOptions.NoTrap);
        await using var terminal = new ToolTerminal(columns, rows, "top", $"{target.Pid}", "-i", "500");
        await terminal.WaitForScreenAsync("hot lines", s => Array.Exists(s, l => l.StartsWith("Lines, by processor", StringComparison.Ordinal)));
        AssertFits(terminal.Screen, columns, rows);
        await terminal.ResizeAsync(100, 12);
        // The screens of the old size may still be on their way.
        await terminal.WaitForScreenAsync("a screen of the new size", s => s.Length <= 12 && s[0].Length <= 100 && terminal.Text.Split("\e[H").Length > 4);
        await terminal.TypeAsync("q");
        Assert.Equal(0, await terminal.WaitForEndAsync());
    }

    [RequiresTerminalTheory]
    [InlineData("q", 0)]
    [InlineData("\u0003", 0)]
    public async Task KeysEndIt(string key, int exitCode)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "NamedThreads", TargetOptions.NoTrap);
        await using var terminal = new ToolTerminal(80, 24, "top", $"{target.Pid}");
        await terminal.WaitForAsync("q ends");
        // Other keys do nothing, and are not shown; F2 and Alt+q neither, although they have such letters.
        await terminal.TypeAsync("xyzzy");
        foreach (string other in (string[])["\eOQ", "\eq"])
        {
            await terminal.TypeAsync(other);
            int drawn = Drawn();
            await terminal.WaitForScreenAsync("two more screens", _ => Drawn() > drawn + 1);
        }
        await terminal.TypeAsync(key);
        Assert.Equal(exitCode, await terminal.WaitForEndAsync());
        Assert.DoesNotContain("xyzzy", terminal.Text, StringComparison.Ordinal);
        await target.AssertAliveAsync();

        int Drawn() => terminal.Text.Split("\e[H").Length;
    }

    [RequiresTerminalTheory]
    [InlineData(Kernel.Terminate, 0)]
    [InlineData(Kernel.HangUp, 0)]
    public async Task SignalsLeaveTheTerminalAsItWas(int signal, int exitCode)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "NamedThreads", TargetOptions.NoTrap);
        await using var terminal = new ToolTerminal(80, 24, "top", $"{target.Pid}");
        await terminal.WaitForAsync("q ends");
        Kernel.Send(terminal.Pid, signal);
        Assert.Equal(exitCode, await terminal.WaitForEndAsync());
    }

    /// <summary>Ctrl+Z: the shell has the terminal as it was, and the tool draws again when it continues.</summary>
    [RequiresTerminalFact]
    public async Task AStoppedToolGivesTheTerminalBack()
    {
        const int Stop = 20, Continue = 18;
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "NamedThreads", TargetOptions.NoTrap);
        await using var terminal = new ToolTerminal(80, 24, "top", $"{target.Pid}");
        await terminal.WaitForAsync("q ends");
        Kernel.Send(terminal.Pid, Stop);
        await terminal.WaitForAsync("\e[?1049l");
        await Poll.UntilAsync(() => File.ReadAllText($"/proc/{terminal.Pid}/stat").Split(") ")[1][0] == 'T', "the tool to stop", () => terminal.Text);
        await terminal.AssertIsAsBeforeAsync();
        Kernel.Send(terminal.Pid, Continue);
        await terminal.Output.WaitAsync(_ => Regex.Count(terminal.Text, @"\e\[\?1049h") == 2 ? "" : null, "the next screen");
        await terminal.TypeAsync("q");
        Assert.Equal(0, await terminal.WaitForEndAsync());
    }

    /// <summary>What was seen at last stays on the terminal, and the end is said below it.</summary>
    [RequiresTerminalFact]
    public async Task TheEndOfTheProgramIsSaid()
    {
        var target = await TargetProcess.StartAsync(Flavour.Optimized, "NamedThreads", TargetOptions.NoTrap);
        await using var terminal = new ToolTerminal(80, 24, "top", $"{target.Pid}");
        await terminal.WaitForAsync("q ends");
        Kernel.Send(target.Pid, 9);
        Assert.Equal(0, await terminal.WaitForEndAsync());
        await target.DisposeAsync();
        string after = terminal.Text.Split("\e[?1049l")[1];
        Assert.Contains($"Shapes (pid {target.Pid})", after, StringComparison.Ordinal);
        Assert.Contains($"stackflare: Process {target.Pid} has ended.", after, StringComparison.Ordinal);
    }

    [RequiresTerminalFact]
    public async Task ATerminalThatCannotBeRedrawnGetsPlainText()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "NamedThreads", TargetOptions.NoTrap);
        var options = new ToolOptions { Executable = "script", Environment = new Dictionary<string, string?> { ["TERM"] = "dumb" } };
        ToolResult result = await Tool.RunAsync(options, "-qec", $"'{Tool.Path}' top {target.Pid} -i 300", "/dev/null");
        Assert.Contains($"Shapes (pid {target.Pid})", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', result.Output);
    }

    [Theory]
    [InlineData("top 1 --once -n 2", "--once and --count cannot be combined.")]
    [InlineData("top 1 -i 99", "--interval must be a number from 100 to 3600000.")]
    [InlineData("top", "Required argument missing for command: 'top'.")]
    public async Task MistakesAreSaid(string line, string error) => (await Tool.RunAsync(line.Split(' '))).AssertError(2, error);

    private static void AssertFits(string[] screen, int columns, int rows)
    {
        Assert.InRange(screen.Length, 1, rows);
        Assert.All(screen, l => Assert.InRange(l.Length, 0, columns));
    }

    /// <summary>Runs the command. On a busy machine, a pause can be so long that it is the last one: then once more.</summary>
    private static async Task<ToolResult> WatchAsync(Func<ToolResult, bool> isEnough, params string[] arguments)
    {
        for (var deadline = Deadline.In(); ;)
        {
            ToolResult result = await Tool.RunAsync(["top", .. arguments]);
            bool isShort = result.Error.StartsWith("stackflare: One sample was taken", StringComparison.Ordinal);
            Assert.True(result.ExitCode == 0 && (result.Error.Length == 0 || isShort), result.ToString());
            if ((!isShort && isEnough(result)) || deadline.Left == TimeSpan.Zero)
                return result;
        }
    }

    private static int Screens(ToolResult result) => Regex.Count(result.Output, @"(?m)^Shapes \(pid \d+\), up ");

    private static double PausedPercent(ToolResult result) =>
        Regex.Match(result.Output, @", paused for ([\d.]+) % of the time\n") is { Success: true } match ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : double.NaN;

    private static Task<string> WaitForAsync(ToolProcess tool, string pattern) => tool.Output.WaitAsync(_ => Regex.IsMatch(tool.Output.Text, pattern) ? pattern : null, pattern);

    [GeneratedRegex("""(?m)^ +(?<share>[\d.]+) %  "(?<name>[^"]*)" #\d+ """)]
    private static partial Regex ThreadRow();

    [GeneratedRegex("(?m)^ +(?<share>[\\d.]+) %  between samples")]
    private static partial Regex BetweenRow();

    [GeneratedRegex("""(?m)^ +(?<share>[\d.]+) %  at (?<place>.*):line \d+""")]
    private static partial Regex LineRow();
}
