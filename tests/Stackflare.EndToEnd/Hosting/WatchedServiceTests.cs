using System.Text;
using System.Text.Json;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Hosting;

/// <summary>A web service that watches its thread pool.</summary>
public sealed class WatchedServiceTests : IDisposable
{
    private const int Requests = 300, FirstLines = 10;

    private static readonly string Program = Path.Combine(TestPaths.TargetOutput("OrderApi", "net10.0"), "OrderApi");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The culprit is in the first ten lines on standard error, and in a property of one event of the log.</summary>
    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Locks | LooksAt.Pool)]
    public async Task AStarvedServiceSaysSo(string flavour)
    {
        await using WebServer server = await StartAsync(flavour);
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        // Its code is compiled by then, so that workers only block.
        await client.GetStringAsync(new Uri(server.Address, "order/0"), TestContext.Current.CancellationToken);
        Task[] requests = [.. Enumerable.Range(1, Requests).Select(n => client.GetStringAsync(new Uri(server.Address, $"order/{n}"), end.Token))];

        string text = await server.Errors.WaitAsync(bytes => Encoding.UTF8.GetString(bytes.Span) is var t && t.Contains("dump 3 of 3", StringComparison.Ordinal) ? t : null, "three dumps");
        string[] dump = text[text.IndexOf("Thread dump of ", StringComparison.Ordinal)..].Split('\n');
        Assert.Contains("for a thread of the pool, dump 1 of 3", dump[0], StringComparison.Ordinal);
        // On a busy machine, a note can say that something is missing.
        Assert.Contains(dump.Where(l => !l.StartsWith("Note: ", StringComparison.Ordinal)).Take(FirstLines), l => l.Contains("Orders.cs:line ", StringComparison.Ordinal));

        JsonElement entry = (await server.Output.WaitAsync(bytes => Events(bytes).Take(1).ToArray() is { Length: 1 } found ? found : null, "an event"))[0];
        JsonElement state = entry.GetProperty("State");
        Assert.Equal("Error", entry.GetProperty("LogLevel").GetString());
        Assert.StartsWith("Thread dump: queued work has waited ", entry.GetProperty("Message").GetString(), StringComparison.Ordinal);
        Assert.Contains("Orders.cs:line ", state.GetProperty("Text").GetString(), StringComparison.Ordinal);
        await end.CancelAsync();
        await Task.WhenAll(requests).ContinueWith(_ => { }, TaskScheduler.Default);
    }

    /// <summary>The same service with as much load as it can serve; in the long runs, for more than a minute.</summary>
    [Theory]
    [Trait(Runs.Trait, Runs.Long)]
    [InFlavours(Spread.Newest, LooksAt.Pool)]
    public async Task AServiceThatServesCausesNoDump(string flavour)
    {
        await using WebServer server = await StartAsync(flavour);
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        await Parallel.ForAsync(0, Runs.Times(gate: 5_000, full: 400_000), TestContext.Current.CancellationToken, async (_, token) => Assert.Equal("Open.\n", await client.GetStringAsync(server.Address, token)));
        Kernel.Send(server.Pid, Kernel.Terminate);
        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.Empty(server.Errors.Text);
    }

    private Task<WebServer> StartAsync(string flavour) => WebServer.StartAsync(
        Flavour.Named(flavour), Program, [("Logging__Console__FormatterName", "json")], "--listen", $"unix:{Path.Combine(_folder.Path, "s")}", "--threshold", "1000");

    private static IEnumerable<JsonElement> Events(ReadOnlyMemory<byte> output) =>
        from line in Encoding.UTF8.GetString(output.Span).Split('\n').SkipLast(1)
        where line.StartsWith('{')
        let entry = JsonDocument.Parse(line).RootElement
        where entry.GetProperty("EventId").GetInt32() == 10 && entry.GetProperty("Category").GetString()!.StartsWith("Stackflare", StringComparison.Ordinal)
        select entry;
}
