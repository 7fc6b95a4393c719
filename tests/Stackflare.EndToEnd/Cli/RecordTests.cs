using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli;

/// <summary><c>stackflare record</c>: what it counts is the time that passed.</summary>
public sealed partial class RecordTests(StillTarget still) : IClassFixture<StillTarget>
{
    [Theory]
    [InlineData("profile.html", "<!doctype html>")]
    [InlineData("profile.svg", "<svg ")]
    [InlineData("profile.folded", "")]
    [InlineData("profile.speedscope.json", "{")]
    [InlineData("profile.firefox.json", "{")]
    public async Task TheExtensionOfTheFileSaysTheFormat(string name, string beginning)
    {
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, name);
        ToolResult result = await Tool.RunAsync("record", still.Id, "-d", "0.5", "-o", file);
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Matches(SummaryLine(), result.Error);
        string text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        Assert.StartsWith(beginning, text, StringComparison.Ordinal);
        Assert.Contains(still.Process.Truth.Threads[0].Marks[0].Method.Split('.')[^1], text, StringComparison.Ordinal);
    }

    /// <summary>A thread that never runs has all of the time, and the times of its profile add up to it. So has a thread that the runtime does not know.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public async Task TimesAddUpInSpeedscope(bool all)
    {
        ToolResult result = await Tool.RunAsync(["record", still.Id, "-d", "2", "-f", "speedscope", .. all ? (string[])["--all"] : []]);
        Assert.True(result.ExitCode == 0, result.ToString());
        double time = 1000 * double.Parse(SummaryLine().Match(result.Error).Groups["time"].Value, CultureInfo.InvariantCulture);
        using var document = JsonDocument.Parse(result.RawOutput);
        JsonElement[] profiles = [.. document.RootElement.GetProperty("profiles").EnumerateArray()];
        Assert.NotEmpty(profiles);
        Assert.All(profiles, p =>
        {
            Assert.Equal("milliseconds", p.GetProperty("unit").GetString());
            Assert.InRange(p.GetProperty("endValue").GetDouble(), Math.Max(1960, time - 60), time + 60);
            Assert.Equal(p.GetProperty("endValue").GetDecimal() - p.GetProperty("startValue").GetDecimal(), p.GetProperty("weights").EnumerateArray().Sum(w => w.GetDecimal()));
        });
        Assert.Equal(all, profiles.Any(static p => p.GetProperty("name").GetString()!.Contains(".NET SynchManag", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task TheProgramIsPausedForOnePercentAtMost()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "ManyThreads", TargetOptions.NoTrap with { Arguments = ["--threads", "300"] });
        // On a busy machine, a pause can be longer than any before, and nothing can be foreseen from those.
        ToolResult result = await CutShort.UntilAsync(
            () => Tool.RunAsync("record", $"{target.Pid}", "-d", "3", "-r", "1000", "-f", "folded"),
            static r => SummaryLine().Match(r.Error) is { Success: true } summary && double.Parse(summary.Groups["percent"].Value, CultureInfo.InvariantCulture) <= 1.5,
            static r => r.ToString());
        Assert.Contains("fewer than 1000, so that the program is paused for at most 1 % of the time", result.Error, StringComparison.Ordinal);
    }

    /// <summary>Threads begin and end, and code is compiled and dropped, between samples. A thread that does not run has its stack in all of them.</summary>
    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Stacks)]
    public async Task AProgramInChurnIsRecordedWithoutATrace(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "Churn", TargetOptions.NoTrap);
        var mark = Assert.Single(target.Truth.Threads).Marks[0];
        ToolResult result = await Tool.RunAsync("record", $"{target.Pid}", "-d", "3", "-r", "200", "-f", "folded");
        Assert.True(result.ExitCode == 0, result.ToString());
        double time = double.Parse(SummaryLine().Match(result.Error).Groups["time"].Value, CultureInfo.InvariantCulture);
        Assert.InRange(Weights(result.RawOutput).Where(w => w.Key.StartsWith("still;", StringComparison.Ordinal)).Sum(w => w.Value) / 1e6, time * 0.97, time * 1.03);
        Assert.All(Weights(result.RawOutput).Keys.Where(k => k.StartsWith("still;", StringComparison.Ordinal)), k => Assert.Contains(mark.Method.Split('.')[^1], k, StringComparison.Ordinal));
        // Each way of churning comes to the end of its round.
        Assert.Equal("paused", await target.CommandAsync("pause"));
        Assert.DoesNotContain(target.Figures.Mappings, m => m.Contains("memfd:stackflare", StringComparison.Ordinal) || m.Contains("stackflare_probe", StringComparison.Ordinal));
        Assert.Empty(target.Messages);
    }

    /// <summary>Each async method that waits has all of the time, as a thread that waits has.</summary>
    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Async)]
    public async Task AsyncMethodsThatWaitAreRecorded(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "AsyncWaits", TargetOptions.NoTrap with { Arguments = ["--boxes", "50"] });
        ToolResult result = await Tool.RunAsync("record", $"{target.Pid}", "-d", "2", "--async", "-f", "folded");
        Assert.True(result.ExitCode == 0, result.ToString());
        double time = double.Parse(SummaryLine().Match(result.Error).Groups["time"].Value, CultureInfo.InvariantCulture);
        Assert.InRange(Weights(result.RawOutput).Where(static w => w.Key.Contains("AsyncWaits.Outer", StringComparison.Ordinal)).Sum(static w => w.Value) / 1e6 / 3, time * 0.97, time * 1.03);
    }

    [RequiresTerminalFact]
    public async Task ATerminalShowsHowFarItIs()
    {
        using var folder = new TemporaryFolder();
        ToolResult result = await Tool.RunAsync(new ToolOptions { Executable = "script" }, "-qec", $"'{Tool.Path}' record {still.Id} -d 2 -o '{folder.Path}/profile.folded'", "/dev/null");
        string[] shown = result.RawOutput.Split("\r\e[K");
        Assert.True(shown.Length > 2, result.ToString());
        Assert.All(shown[1..^1], static line => Assert.Matches(@"^\d+ s: [\d,]+ samples?, \d+\.\d each second, paused for \d\.\d % of the time\. Ctrl\+C ends the recording and writes it\.$", line));
        Assert.Matches(SummaryLine(), shown[^1]);
    }

    [Fact]
    public async Task CtrlCWritesWhatThereIs()
    {
        // The runtime's thread that the tool talks to sleeps some times for each sample.
        var server = new KernelThread(still.Process.Pid, ".NET EventPipe");
        long before = server.Sleeps;
        await using var tool = Tool.Start(ToolOptions.Default, "record", still.Id, "-d", "0", "-f", "folded");
        await Poll.UntilAsync(() => server.Sleeps > before + 100, "some samples", still.Process.Describe);
        tool.Send(Kernel.Interrupt);
        ToolResult result = await tool.WaitAsync();
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Matches(SummaryLine(), result.Error);
        Assert.NotEmpty(Weights(result.RawOutput));
    }

    [Fact]
    public async Task AProgramThatEndsIsRecordedUpToItsEnd()
    {
        var target = await TargetProcess.StartAsync(Flavour.Optimized, "NamedThreads", TargetOptions.NoTrap);
        var server = new KernelThread(target.Pid, ".NET EventPipe");
        long before = server.Sleeps;
        await using var tool = Tool.Start(ToolOptions.Default, "record", $"{target.Pid}", "-d", "0", "-f", "folded");
        await Poll.UntilAsync(() => server.Sleeps > before + 100, "some samples", target.Describe);
        Kernel.Send(target.Pid, 9);
        ToolResult result = await tool.WaitAsync();
        await target.DisposeAsync();
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("; then: ", result.Error, StringComparison.Ordinal);
        Assert.NotEmpty(Weights(result.RawOutput));
    }

    [Theory]
    [InlineData("record 1 -f text", "'text' is not a format of recordings. Use folded, speedscope, svg, html, firefox, pprof.")]
    [InlineData("record 1", "Name a file with --output, or a format with --format.")]
    [InlineData("record 1 -o profile.txt", "The extension of 'profile.txt' is not that of a format. Use .folded, .speedscope.json, .svg, .html, .firefox.json, .pb.gz, or --format.")]
    [InlineData("record 1 --cpu --wall -f folded", "Use one of --wall, --cpu and --blocked.")]
    [InlineData("record 1 --cpu --async -f folded", "--async needs --wall: an async method that waits does not run.")]
    [InlineData("record 1 -r 0 -f folded", "--rate must be a number from 0.01 to 1000.")]
    public async Task MistakesAreSaid(string line, string error) =>
        (await Tool.RunAsync(line.Split(' '))).AssertError(2, error);

    [Fact]
    public void TheDocsShowSuchALine()
    {
        string page = File.ReadAllText(Path.Combine(TestPaths.RepositoryRoot, "docs", "cli.md"));
        Assert.Matches(SummaryLine(), Regex.Match(page, "<!-- output: stackflare record -->\n```\n(.*)\n").Groups[1].Value);
    }

    internal static Dictionary<string, long> Weights(string folded) =>
        folded.Split('\n', StringSplitOptions.RemoveEmptyEntries).ToDictionary(l => l[..l.LastIndexOf(' ')], l => long.Parse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^stackflare: Recorded (?<time>\d+\.\d) s: [\d,]+ samples?, (?<rate>\d+\.\d) each second, at most (?<gap>\d+\.\d\d) s apart.*; paused for \d[\d,.]* ms \((?<percent>\d+\.\d\d) %\)")]
    internal static partial Regex SummaryLine();
}
