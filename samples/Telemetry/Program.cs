using OpenTelemetry;
using OpenTelemetry.Exporter;
using Stackflare;
using Telemetry;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Configuration["urls"] ??= "http://127.0.0.1:5090";

// The watches, and a dump in the log when one of them has seen something.
builder.Services.AddStackflare(o => o.WatchThreadPool = new ThreadPoolWatchOptions { Threshold = TimeSpan.FromSeconds(builder.Configuration.GetValue("threshold", 5.0)) });

// The log, the metrics and the traces go to the collector at OTEL_EXPORTER_OTLP_ENDPOINT. While the thread pool is starved, no new connection can be opened, and the client
// for gRPC does not work at all. An HTTP connection that is open does work: it is kept open.
builder.Services.Configure<OtlpExporterOptions>(o => o.HttpClientFactory = () => new HttpClient(new SocketsHttpHandler { PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan }));
builder.Services.AddOpenTelemetry()
    .WithLogging(null, o => o.IncludeFormattedMessage = true)
    .WithMetrics(m => m.AddMeter("Stackflare"))
    .WithTracing(t => t.AddSource("Microsoft.AspNetCore"))
    .UseOtlpExporter(OtlpExportProtocol.HttpProtobuf, new Uri(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] ?? "http://127.0.0.1:4318"));

// Degraded while the pool is starved, Unhealthy after a deadlock.
builder.Services.AddHealthChecks().AddStackflare(tags: ["ready"]);

WebApplication app = builder.Build();
app.MapHealthChecks("/health/ready", new() { Predicate = c => c.Tags.Contains("ready") });
app.MapHealthChecks("/health/live", new() { Predicate = _ => false });
app.MapGet("/", () => "Try 300 requests to /stock/1 at the same time.\n");
app.MapGet("/stock/{item}", (int item) => Warehouse.Count(item));
app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine($"{string.Join(' ', app.Urls)} is up."));
app.Run();
