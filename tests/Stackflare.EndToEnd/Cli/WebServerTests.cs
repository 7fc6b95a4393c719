using System.Globalization;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli;

/// <summary>A web server under load is dumped again and again, and serves on.</summary>
public sealed class WebServerTests(ITestOutputHelper output)
{
    private const int Clients = 4, RunsShare = 10;

    /// <summary>A tenth of the dumps are runs of their own, the rest comes in series.</summary>
    private static int Dumps =>
        int.TryParse(Environment.GetEnvironmentVariable("STACKFLARE_STRESS_DUMPS"), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 300;

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task NoRequestFailsWhileItIsDumped(string flavour)
    {
        await using var server = await WebServer.StartAsync(Flavour.Named(flavour));
        using var load = new Load(server.Address, Clients);
        await load.RunUntilAsync(() => load.Count > 2000);

        var undisturbed = await load.MeasureAsync(() => load.RunUntilAsync(() => load.Count > 8000));
        var dumps = 0;
        var disturbed = await load.MeasureAsync(async () =>
        {
            for (var run = 0; run < Math.Max(1, Dumps / RunsShare); run++)
            {
                var dump = (await Tool.RunAsync($"{server.Pid}", "-f", "json")).Json;
                Assert.Contains(dump.Threads, t => t.Frames.Any(f => f.DeclaringType.StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal)));
                var series = (await Tool.RunAsync($"{server.Pid}", "-n", $"{RunsShare - 1}", "-i", "5", "-f", "folded")).Output;
                Assert.Contains($"Main;", series, StringComparison.Ordinal);
                dumps += RunsShare;
            }
        });

        output.WriteLine($"undisturbed: {undisturbed}");
        output.WriteLine($"{dumps} dumps:   {disturbed}");
        Assert.Equal(0, undisturbed.Failed);
        Assert.Equal(0, disturbed.Failed);
        Assert.True(disturbed.Count > 100, $"{disturbed}");

        // Loosely: the tool itself takes processor time from the server on a small machine.
        Assert.True(disturbed.Percentile99 < (2 * undisturbed.Percentile99) + TimeSpan.FromMilliseconds(100), $"{undisturbed} → {disturbed}");
    }
}
