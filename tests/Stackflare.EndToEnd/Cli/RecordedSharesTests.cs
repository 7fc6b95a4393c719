using System.Globalization;
using System.Text.RegularExpressions;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli;

/// <summary>Shares in recordings are right, for programs whose shares are known. Alone, because on a busy machine pauses are long, and so samples rare.</summary>
[Collection(typeof(Alone))]
public sealed class RecordedSharesTests
{
    private const double Points = 3;

    [Theory]
    [InFlavours("optimized", LooksAt.Stacks)]
    [InFlavours("net11", LooksAt.Stacks)]
    public async Task SharesOfProcessorTimeAreRight(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "Shares", TargetOptions.NoTrap);
        Dictionary<string, long> weights = RecordTests.Weights((await RecordAsync(target, 4, "-f", "folded", "--cpu")).RawOutput);
        double seven = Of(weights, "seven", "RunSeven"), two = Of(weights, "two", "RunTwo"), one = Of(weights, "one", "RunOne"), all = seven + two + one;
        Assert.InRange(100 * seven / all, 70 - Points, 70 + Points);
        Assert.InRange(100 * two / all, 20 - Points, 20 + Points);
        Assert.InRange(100 * one / all, 10 - Points, 10 + Points);
        // The sleeper has run for a moment only.
        Assert.InRange(Of(weights, "sleeper", "Sleep"), 0, all / 100);
    }

    [Theory]
    [InlineData("--wall")]
    [InlineData("--blocked")]
    public async Task SharesOfWaitingTimeAreRight(string mode)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "Shares", TargetOptions.NoTrap with { Arguments = ["--running", "0"] });
        // Two rounds of the sleeper, so that it does not matter where it is at the beginning.
        const int Seconds = 6;
        ToolResult result = await RecordAsync(target, Seconds, "-f", "folded", mode);
        Match summary = RecordTests.SummaryLine().Match(result.Error);
        Dictionary<string, long> weights = RecordTests.Weights(result.RawOutput);
        // On a busy machine, samples can be far apart.
        double points = Math.Max(Points, 100 * double.Parse(summary.Groups["gap"].Value, CultureInfo.InvariantCulture) / Seconds);
        double all = Of(weights, "sleeper", "Sleep");
        // The sum is the time that passed.
        Assert.InRange(all / 1e6, double.Parse(summary.Groups["time"].Value, CultureInfo.InvariantCulture) * 0.98, double.Parse(summary.Groups["time"].Value, CultureInfo.InvariantCulture) * 1.02);
        Assert.True(all / 1e6 >= Seconds * 0.9, result.Error);
        Assert.InRange(100 * Of(weights, "sleeper", "SleepLong") / all, 70 - points, 70 + points);
        Assert.InRange(100 * Of(weights, "sleeper", "SleepLess") / all, 20 - points, 20 + points);
        Assert.InRange(100 * Of(weights, "sleeper", "SleepLeast") / all, 10 - points, 10 + points);
    }

    /// <summary>The format's own reader finds the shares.</summary>
    [RequiresGoFact]
    public async Task PprofReadsTheProfile()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "Shares", TargetOptions.NoTrap);
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "profile.pb.gz");
        await RecordAsync(target, 3, "--cpu", "-o", file);
        string top = await RequiresGoFactAttribute.RunAsync("tool", "pprof", "-top", "-cum", "-unit=ms", file);
        Assert.Contains("Type: cpu", top, StringComparison.Ordinal);
        foreach (var (method, share) in ((string, double)[])[("RunSeven", 70), ("RunTwo", 20), ("RunOne", 10)])
        {
            Match line = Regex.Match(top, $@"(?m)(?<cum>[\d.]+)%\s+\S+\.{method}$");
            Assert.True(line.Success, top);
            Assert.InRange(double.Parse(line.Groups["cum"].Value, CultureInfo.InvariantCulture), share - Points, share + Points);
        }
        Assert.Contains("seven", await RequiresGoFactAttribute.RunAsync("tool", "pprof", "-tags", file), StringComparison.Ordinal);
        Assert.Contains("Shares.cs:", await RequiresGoFactAttribute.RunAsync("tool", "pprof", "-top", "-lines", file), StringComparison.Ordinal);
    }

    /// <summary>Records for some seconds. If the first pauses are long because others run on the machine, most of the time has no sample: then once more.</summary>
    private static async Task<ToolResult> RecordAsync(TargetProcess target, int seconds, params string[] arguments)
    {
        for (var deadline = Deadline.In(); ;)
        {
            ToolResult result = await Tool.RunAsync(["record", $"{target.Pid}", "-d", $"{seconds}", .. arguments]);
            Match summary = RecordTests.SummaryLine().Match(result.Error);
            Assert.True(result.ExitCode == 0 && summary.Success, result.ToString());
            if (double.Parse(summary.Groups["gap"].Value, CultureInfo.InvariantCulture) <= 0.2 * seconds || deadline.Left == TimeSpan.Zero)
                return result;
        }
    }

    /// <summary>The time of a thread in a method, in microseconds.</summary>
    private static double Of(Dictionary<string, long> weights, string thread, string method) =>
        weights.Where(w => w.Key.StartsWith(thread + ";", StringComparison.Ordinal) && w.Key.Split(';').Any(f => f.EndsWith("." + method, StringComparison.Ordinal))).Sum(w => w.Value);

    /// <summary>No other test runs beside these.</summary>
    [CollectionDefinition(DisableParallelization = true)]
    public sealed class Alone;
}
