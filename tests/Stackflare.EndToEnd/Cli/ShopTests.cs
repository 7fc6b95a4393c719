using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli;

/// <summary>
/// A shop of two services with a database, a cache, a gate, a queue and browsers, broken at one place at a time, with requests that hang there. A dump without
/// options has that place on its first screen.
/// </summary>
public sealed class ShopTests
{
    private const int FirstScreen = 40, Requests = 100;

    private static readonly string Sources = Path.Combine(TestPaths.RepositoryRoot, "tests", "Targets", "Shop");

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Async, "deadlock")]
    [InFlavours(Spread.Newest, LooksAt.Async, "starvation")]
    [InFlavours(Spread.Newest, LooksAt.Async, "silent service")]
    [InFlavours(Spread.Newest, LooksAt.Async, "shared load")]
    [InFlavours(Spread.Newest, LooksAt.Async, "leaked gate")]
    [InFlavours(Spread.Newest, LooksAt.Async, "full channel")]
    [InFlavours(Spread.Newest, LooksAt.Async, "locked database")]
    [InFlavours(Spread.Newest, LooksAt.Async, "silent browser")]
    [InFlavours(Spread.Newest, LooksAt.Async, "spin")]
    public async Task TheFirstScreenHasThePlace(string flavour, string fault)
    {
        string program = Path.Combine(TestPaths.TargetOutput("Shop", "net10.0"), "Shop");
        await using var prices = await WebServer.StartAsync(Flavour.Named(flavour), program, "prices", "--fault", fault);
        await using var orders = await WebServer.StartAsync(Flavour.Named(flavour), program, "orders", "--fault", fault, "--prices", $"{prices.Address}");
        using var browser = await ConnectAsync(orders.Address);
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = Requests }) { BaseAddress = orders.Address, Timeout = Timeout.InfiniteTimeSpan };
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        Task[] requests = [.. Enumerable.Range(0, Requests).Select(i => client.GetAsync($"{Kind(i)}/{i}", end.Token))];

        string place = PlaceOf(fault), text;
        var deadline = Deadline.In();
        do
            text = (await Tool.RunWholeAsync($"{orders.Pid}", "--timeout", "30")).Output;
        while (!IsOnFirstScreen() && deadline.Left > TimeSpan.Zero);
        Assert.True(IsOnFirstScreen(), $"'{place}' is not on the first screen of:\n{text}");
        await end.CancelAsync();
        await Task.WhenAny(Task.WhenAll(requests));

        bool IsOnFirstScreen() => text.Split('\n').Take(FirstScreen).Any(line => line.Contains(place, StringComparison.Ordinal));

        string Kind(int request) => fault switch { "starvation" => "quote", "deadlock" when request % 2 == 1 => "refund", _ => "order" };
    }

    /// <summary>The line whose comment is the fault's name.</summary>
    private static string PlaceOf(string fault)
    {
        var places = from file in Directory.GetFiles(Sources, "*.cs")
                     from line in SourceMarks.LinesOf(file, fault)
                     select string.Create(CultureInfo.InvariantCulture, $"{file}:line {line}");
        return Assert.Single(places);
    }

    /// <summary>A browser that comes and never says anything.</summary>
    private static async Task<ClientWebSocket> ConnectAsync(Uri address)
    {
        var browser = new ClientWebSocket();
        await browser.ConnectAsync(new UriBuilder(address) { Scheme = "ws", Path = "hub" }.Uri, TestContext.Current.CancellationToken);
        await browser.SendAsync(Encoding.UTF8.GetBytes("{\"protocol\":\"json\",\"version\":1}\u001e"), WebSocketMessageType.Text, endOfMessage: true, TestContext.Current.CancellationToken);
        await browser.ReceiveAsync(new byte[1024], TestContext.Current.CancellationToken);
        return browser;
    }
}
