using System.Collections.Concurrent;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli;

/// <summary>A web server under load is dumped again and again, and serves on.</summary>
[Trait(Runs.Trait, Runs.Long)]
public sealed class WebServerTests(ITestOutputHelper output)
{
    private const int Clients = 4, RunsShare = 10, Undisturbed = 120;

    /// <summary>A tenth of the dumps are runs of their own, the rest comes in series.</summary>
    private static readonly int Dumps = Runs.Times(gate: 100, full: 1000);

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task NoRequestFailsWhileItIsDumped(string flavour)
    {
        await using var server = await WebServer.StartAsync(Flavour.Named(flavour));
        using var load = new Load(server.Address, Clients);
        await load.RunUntilAsync(() => load.Count > 2000);

        // By turns, so that whatever else the machine does is beside both.
        ConcurrentQueue<TimeSpan> undisturbed = [], disturbed = [];
        TimeSpan longest = TimeSpan.Zero;
        for (var run = 0; run < Math.Max(1, Dumps / RunsShare); run++)
        {
            load.CountInto(undisturbed);
            var before = load.Count;
            await load.RunUntilAsync(() => load.Count >= before + Undisturbed);

            load.CountInto(disturbed);
            before = load.Count;
            var dump = (await Tool.RunAsync($"{server.Pid}", "-f", "json")).Json;
            Assert.Contains(dump.Threads, t => t.Frames.Any(f => f.DeclaringType.StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal)));
            longest = TimeSpan.FromTicks(Math.Max(longest.Ticks, TimeSpan.FromMilliseconds(dump.PauseMilliseconds).Ticks));
            var series = (await Tool.RunAsync($"{server.Pid}", "-n", $"{RunsShare - 1}", "-i", "5", "-f", "folded")).Output;
            Assert.Contains($"Main;", series, StringComparison.Ordinal);
            Assert.True(load.Count > before, "no request was answered while the server was dumped");
        }

        LoadFigures without = LoadFigures.Of(undisturbed), with = LoadFigures.Of(disturbed);
        output.WriteLine($"undisturbed: {without}");
        output.WriteLine($"dumped:      {with}");
        Assert.Equal(0, load.Failed);

        // Loosely: the tool itself takes processor time from the server on a small machine.
        Assert.True(with.Percentile99 < (2 * without.Percentile99) + TimeSpan.FromMilliseconds(100) + longest, $"{without} → {with}");
    }
}
