using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Hosting;

/// <summary>The sample with the OpenTelemetry exporter: a collector has the dump, also while the thread pool of the service is starved.</summary>
public sealed class TelemetryTests
{
    private const int Requests = 300;

    private static readonly string Program = Path.Combine(TestPaths.RepositoryRoot, "samples", "Telemetry", "bin", TestPaths.Configuration, "net10.0", "Telemetry");

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Pool)]
    public async Task ACollectorHasTheDumpOfAStarvedService(string flavour)
    {
        await using TelemetryCollector collector = await TelemetryCollector.StartAsync();
        await using WebServer server = await WebServer.StartAsync(
            Flavour.Named(flavour), Program,
            [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address.ToString()), ("OTEL_METRIC_EXPORT_INTERVAL", "1000"), ("OTEL_BLRP_SCHEDULE_DELAY", "500"),
             ("POD_NAME", "stock-5d9c"), ("POD_NAMESPACE", "trade"), ("NODE_NAME", "node-7")],
            "--threshold", "1");
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        // The connections are open, as they are in a service that has run for some seconds.
        await Poll.UntilAsync(() => !collector.Records.IsEmpty && !collector.Metrics.IsEmpty, "the first records and metrics at the collector", () => server.Errors.Text);
        // The pool adds threads meanwhile: the load stays until the collector has the dump.
        Task[] requests =
        [
            .. Enumerable.Range(1, Requests).Select(async n =>
            {
                while (true)
                    await client.GetStringAsync(new Uri(server.Address, $"stock/{n}"), end.Token);
            }),
        ];

        // In a dump, a worker that has just been added may not be blocked yet.
        await Poll.UntilAsync(() => collector.Records.Any(IsStarved), "the dump of a starved pool at the collector", () => server.Errors.Text);
        TelemetryRecord record = collector.Records.First(IsStarved);
        Assert.Equal("Error", record.Severity);
        Assert.StartsWith("Thread dump: queued work has waited ", record.Body, StringComparison.Ordinal);
        Assert.Equal("ThreadPool", record.Attributes["ReasonKind"].Single());
        Assert.Equal(("stock-5d9c", "trade", "node-7"), (record.Attributes["Pod"].Single(), record.Attributes["Namespace"].Single(), record.Attributes["Node"].Single()));
        Assert.Contains("Warehouse.Count(", record.Attributes["Text"].Single(), StringComparison.Ordinal);

        await Poll.UntilAsync(() => Of("stackflare.dumps").Any() && Of("stackflare.dump.pause").Any(), "the metrics of a dump at the collector", () => string.Join('\n', collector.Metrics));
        Assert.Contains(Of("stackflare.dumps"), m => m.Attributes["reason"].Single() == "ThreadPool" && m.Value >= 1);
        await Poll.UntilAsync(() => Of("stackflare.threadpool.wait").Any(m => m.Value > 0), "how long the queued work has waited, at the collector", () => string.Join('\n', collector.Metrics));
        await end.CancelAsync();
        await Task.WhenAll(requests).ContinueWith(_ => { }, TaskScheduler.Default);

        static bool IsStarved(TelemetryRecord record) => record.EventName == "ThreadDump" && record.Attributes.TryGetValue("Findings", out string[]? findings)
            && findings.Any(f => f.StartsWith("ThreadPoolStarved: ", StringComparison.Ordinal) && f.Contains("Warehouse.cs:line ", StringComparison.Ordinal));

        IEnumerable<TelemetryMetric> Of(string name) => collector.Metrics.Where(m => m.Meter == "Stackflare" && m.Name == name);
    }
}
