using System.Collections.Concurrent;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Hosting;

/// <summary>A service under load takes dumps of itself again and again, and serves on.</summary>
[Trait(Runs.Trait, Runs.Long)]
public sealed class LoadedServiceTests(ITestOutputHelper output)
{
    private const int Clients = 4, Undisturbed = 500;

    private static readonly int Dumps = Runs.Times(gate: 20, full: 500);

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task NoRequestFailsWhileDumpsAreServed(string flavour)
    {
        using var folder = new TemporaryFolder();
        await using WebServer server = await WebServer.StartAsync(
            Flavour.Named(flavour), Path.Combine(TestPaths.TargetOutput("OrderApi", "net10.0"), "OrderApi"), "--listen", $"unix:{folder.Path}/s");
        using var load = new Load(server.Address, Clients);
        using var client = new HttpClient();
        ConcurrentQueue<TimeSpan> undisturbed = [], disturbed = [];
        await load.RunUntilAsync(() => load.Count > Undisturbed);
        load.CountInto(undisturbed);
        await load.RunUntilAsync(() => load.Count > Undisturbed);
        load.CountInto(disturbed);
        for (int i = 0; i < Dumps; i++)
        {
            string dump = await client.GetStringAsync(new Uri(server.Address, $"debug/stackflare?async={(i % 4 == 0 ? "auto" : "never")}"), TestContext.Current.CancellationToken);
            Assert.Contains("Thread dump of OrderApi", dump, StringComparison.Ordinal);
            // The load is real work: a thread that does it can be busy all the time.
            Assert.All(FindingsOf(dump), finding => Assert.True(finding.Contains("busy", StringComparison.Ordinal), dump));
        }
        await load.RunUntilAsync(() => load.Count > 0);
        output.WriteLine($"undisturbed: {LoadFigures.Of(undisturbed)}");
        output.WriteLine($"dumped:      {LoadFigures.Of(disturbed)}");
        Assert.Equal(0, load.Failed);
    }

    private static IEnumerable<string> FindingsOf(string dump) =>
        dump.Split('\n').SkipWhile(line => line != "Diagnosis:").TakeWhile(line => line.Length > 0).Where(line => line.StartsWith("- ", StringComparison.Ordinal));
}
