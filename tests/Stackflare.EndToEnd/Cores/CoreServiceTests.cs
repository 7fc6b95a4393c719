using System.Globalization;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cores;

/// <summary>Web services with requests that hang: their cores show the same requests, and the same stacks of the program, as the services themselves.</summary>
public sealed class CoreServiceTests
{
    private const int Requests = 30;

    [RequiresGdbTheory]
    [InFlavours("optimized", LooksAt.Cores | LooksAt.Async, "HangingApi")]
    [InFlavours("net11", LooksAt.Cores | LooksAt.Async, "HangingApi.RuntimeAsync")]
    public async Task RequestsThatHangAreThere(string flavour, string name)
    {
        await using var server = await WebServer.StartAsync(Flavour.Named(flavour), Path.Combine(TestPaths.TargetOutput(name, "net10.0"), "HangingApi"));
        await AssertSameAsync(server, 3 * Requests, ["price", "pay", "report"]);
    }

    [RequiresGdbTheory]
    [InFlavours("optimized", LooksAt.Cores | LooksAt.Async)]
    public async Task RequestsThatBlockThreadsAreThere(string flavour)
    {
        await using var server = await WebServer.StartAsync(Flavour.Named(flavour), Path.Combine(TestPaths.TargetOutput("OrderApi", "net10.0"), "OrderApi"));
        // Each request that gets a thread blocks it; the others wait for one, and more threads come now and then.
        JsonDump dump = await CoreOfAsync(server, Environment.ProcessorCount + 1, ["order"]);
        Assert.InRange(AsyncView.Requests(dump).Length, Environment.ProcessorCount, Requests);
        Assert.All(AsyncView.Requests(dump), static r => Assert.StartsWith("GET /order/", r, StringComparison.Ordinal));
        Assert.NotEmpty(AsyncView.Stacks(dump, isOfProgram: true));
    }

    [RequiresGdbTheory]
    [InFlavours("optimized", LooksAt.Cores | LooksAt.Async, "silent service")]
    [InFlavours("net11", LooksAt.Cores | LooksAt.Async, "leaked gate")]
    public async Task AShopThatIsBrokenShowsWhere(string flavour, string fault)
    {
        string program = Path.Combine(TestPaths.TargetOutput("Shop", "net10.0"), "Shop");
        await using var prices = await WebServer.StartAsync(Flavour.Named(flavour), program, "prices", "--fault", fault);
        await using var orders = await WebServer.StartAsync(Flavour.Named(flavour), program, "orders", "--fault", fault, "--prices", $"{prices.Address}");
        string place = Directory.GetFiles(Path.Combine(TestPaths.RepositoryRoot, "tests", "Targets", "Shop"), "*.cs")
            .SelectMany(file => SourceMarks.LinesOf(file, fault).Select(line => string.Create(CultureInfo.InvariantCulture, $"{file}:line {line}"))).Single();
        JsonDump dump = await AssertSameAsync(orders, Requests / 2, ["order"], place);
        Assert.Contains(AsyncView.Stacks(dump, isOfProgram: true), s => s.Contains(place, StringComparison.Ordinal));
    }

    /// <summary>
    /// The same of the core as of the process right before and right after it was written. With a place, once a request hangs there.
    /// </summary>
    private static async Task<JsonDump> AssertSameAsync(WebServer server, int count, string[] kinds, string? place = null)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using HttpClient client = Send(server, kinds, end.Token, out Task[] requests);
        using var folder = new TemporaryFolder();
        string before = "", after = "";
        await Poll.UntilAsync(
            async () =>
            {
                (before, after) = (after, Text(await LiveAsync(server), count, place));
                return before.Length > 0 && before == after;
            },
            "requests that hang",
            () => $"{server.Output.Text}\n{after}");
        for (int look = 1; ; look++)
        {
            before = after;
            JsonDump core = (await Tool.RunAsync("core", await CoreWriter.GcoreAsync(server.Pid, folder.Path), "-f", "json", "--async")).Json;
            after = Text(await LiveAsync(server), count, place);
            // The server's own work changes now and then, and a core can be written while it collects garbage: then a note says so.
            if (look < 5 && (before != after || core.Notes.Any(static n => n.Contains("sync", StringComparison.Ordinal))))
                continue;
            Assert.Equal((after, ""), (Text(core, count, place), string.Join('\n', core.Notes.Where(static n => n.Contains("sync", StringComparison.Ordinal)))));
            await EndAsync(end, requests);
            return core;
        }
    }

    private static async Task<JsonDump> CoreOfAsync(WebServer server, int count, string[] kinds)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using HttpClient client = Send(server, kinds, end.Token, out Task[] requests);
        using var folder = new TemporaryFolder();
        await Poll.UntilAsync(async () => AsyncView.Requests(await LiveAsync(server)).Length >= count, "requests that hang", () => server.Output.Text);
        JsonDump core = (await Tool.RunAsync("core", await CoreWriter.GcoreAsync(server.Pid, folder.Path), "-f", "json", "--async")).Json;
        await EndAsync(end, requests);
        return core;
    }

    private static HttpClient Send(WebServer server, string[] kinds, CancellationToken end, out Task[] requests)
    {
        var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = kinds.Length * Requests }) { BaseAddress = server.Address, Timeout = Timeout.InfiniteTimeSpan };
        requests = [.. kinds.SelectMany(k => Enumerable.Range(0, Requests).Select(i => client.GetAsync(string.Create(CultureInfo.InvariantCulture, $"{k}/{i}"), end)))];
        return client;
    }

    private static async Task EndAsync(CancellationTokenSource end, Task[] requests)
    {
        await end.CancelAsync();
        await Task.WhenAll(requests).ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    private static async Task<JsonDump> LiveAsync(WebServer server) => (await Tool.RunWholeAsync($"{server.Pid}", "-f", "json", "--async", "--timeout", "60")).Json;

    /// <summary>What the program does; empty until enough requests hang, and one of them hangs at the place.</summary>
    private static string Text(JsonDump dump, int count, string? place)
    {
        string[] requests = AsyncView.Requests(dump);
        string[] stacks = AsyncView.Stacks(dump, isOfProgram: true);
        return requests.Length < count || (place is not null && !stacks.Any(s => s.Contains(place, StringComparison.Ordinal))) ? "" : string.Join('\n', [.. requests, .. stacks]);
    }
}
