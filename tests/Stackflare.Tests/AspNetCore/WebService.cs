using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stackflare.AspNetCore;

namespace Stackflare.Tests.AspNetCore;

/// <summary>A web service in the test's own process, with Stackflare.</summary>
internal sealed class WebService : IAsyncDisposable
{
    private readonly WebApplication _application;

    private WebService(WebApplication application, ConcurrentQueue<string> log) => (_application, Log) = (application, log);

    /// <summary>What was logged by Stackflare, with the level.</summary>
    public ConcurrentQueue<string> Log { get; }

    public IServiceProvider Services => _application.Services;

    public HttpClient Client { get; } = new() { Timeout = TimeSpan.FromMinutes(5) };

    /// <summary>Builds the service and starts it.</summary>
    public static async Task<WebService> StartAsync(
        Action<WebApplication> map, string environment = "Production", Action<StackflareOptions>? configure = null, Action<IServiceCollection>? services = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var log = new ConcurrentQueue<string>();
        builder.Logging.ClearProviders().AddProvider(new Memory(log));
        builder.Services.AddStackflare(o =>
        {
            o.Capture = new CaptureOptions { AsyncStacks = AsyncStackMode.Never, Limits = new DumpLimits { Timeout = TimeSpan.FromMinutes(5) } };
            // The test's process is not the service's own.
            (o.OnSignal, o.WatchThreadPool, o.OnSlowShutdown, o.OnUnhandledException) = (null, null, null, null);
            configure?.Invoke(o);
        });
        services?.Invoke(builder.Services);
        WebApplication application = builder.Build();
        map(application);
        var service = new WebService(application, log);
        try
        {
            await application.StartAsync(TestContext.Current.CancellationToken);
            service.Client.BaseAddress = new Uri(application.Urls.Single());
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    public Task<HttpResponseMessage> GetAsync(string path) => RequestAsync(path, TestContext.Current.CancellationToken);

    /// <summary>For a client that does not wait for the answer.</summary>
    public Task<HttpResponseMessage> RequestAsync(string path, CancellationToken cancellation) => Client.GetAsync(new Uri(path, UriKind.Relative), cancellation);

    public Task StopAsync() => _application.StopAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _application.DisposeAsync();
    }

    private sealed class Memory(ConcurrentQueue<string> log) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => new Lines(categoryName, log);

        public void Dispose()
        {
        }
    }

    private sealed class Lines(string category, ConcurrentQueue<string> log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => category.StartsWith("Stackflare", StringComparison.Ordinal);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                log.Enqueue($"{logLevel}: {formatter(state, exception)}");
        }
    }
}
