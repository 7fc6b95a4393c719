using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Stackflare.EndToEnd.Hosting;

/// <summary>A collector for telemetry: it takes what exporters send to it by OTLP over HTTP, and keeps the log records and metrics.</summary>
internal sealed class TelemetryCollector : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TelemetryCollector()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Urls.Add("http://127.0.0.1:0");
        // The numbers are those of the fields in the public schema: opentelemetry/proto/{logs,metrics}/v1.
        _app.MapPost("/v1/logs", request => TakeAsync(request, m =>
        {
            foreach (ProtobufMessage record in m.All(1, 2, 2))
                Records.Enqueue(new TelemetryRecord(record.Text(3), record.Text(12), AnyValue(record.All(5).Single()).Single(), Attributes(record, 6)));
        }));
        _app.MapPost("/v1/metrics", request => TakeAsync(request, m =>
        {
            foreach (ProtobufMessage scope in m.All(1, 2))
            {
                foreach (ProtobufMessage metric in scope.All(2))
                {
                    // A gauge, a sum or a histogram.
                    foreach (ProtobufMessage point in metric.All(5, 1).Concat(metric.All(7, 1)))
                        Metrics.Enqueue(new TelemetryMetric(scope.All(1).Single().Text(1)!, metric.Text(1)!, Attributes(point, 7), Value(point)));
                    foreach (ProtobufMessage point in metric.All(9, 1))
                        Metrics.Enqueue(new TelemetryMetric(scope.All(1).Single().Text(1)!, metric.Text(1)!, Attributes(point, 9), point.Number(4) ?? 0));
                }
            }
        }));
        _app.MapPost("/v1/traces", request => TakeAsync(request, _ => { }));
    }

    public Uri Address => new(_app.Urls.Single());

    public ConcurrentQueue<TelemetryRecord> Records { get; } = [];

    /// <summary>Every point of every export.</summary>
    public ConcurrentQueue<TelemetryMetric> Metrics { get; } = [];

    public static async Task<TelemetryCollector> StartAsync()
    {
        var collector = new TelemetryCollector();
        await collector._app.StartAsync();
        return collector;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task TakeAsync(HttpContext context, Action<ProtobufMessage> take)
    {
        using var bytes = new MemoryStream();
        await context.Request.Body.CopyToAsync(bytes);
        take(ProtobufMessage.Parse(bytes.ToArray()));
        context.Response.ContentType = "application/x-protobuf";
    }

    private static Dictionary<string, string[]> Attributes(ProtobufMessage message, int field) =>
        message.All(field).ToDictionary(a => a.Text(1)!, a => AnyValue(a.All(2).Single()).ToArray());

    private static double Value(ProtobufMessage point) => point.Number(4) is { } real ? BitConverter.UInt64BitsToDouble(real) : point.Number(6) ?? 0;

    /// <summary>A text, an integer, a real number or an array, as texts.</summary>
    private static IEnumerable<string> AnyValue(ProtobufMessage value) =>
        value.Text(1) is { } text ? [text]
        : value.Number(3) is { } number ? [$"{(long)number}"]
        : value.Number(4) is { } real ? [string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{BitConverter.UInt64BitsToDouble(real)}")]
        : value.All(5, 1).SelectMany(AnyValue);
}
