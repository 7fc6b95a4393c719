namespace OrderApi;

/// <summary>Services that do not let the host stop: each at the line that ends with its name as a comment.</summary>
internal static class Stops
{
    private static readonly TaskCompletionSource Never = new();
    private static readonly ManualResetEventSlim NeverSet = new();

    public static void Add(WebApplicationBuilder builder, string? which)
    {
        switch (which)
        {
            case "service":
                builder.Services.AddHostedService<Exporter>();
                break;
            case "token":
                builder.Services.AddHostedService<Poller>();
                break;
            case "exit":
                AppDomain.CurrentDomain.ProcessExit += (_, _) => Flush();
                break;
        }
    }

    private static void Flush() => NeverSet.Wait(); // exit

    private sealed class Exporter : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public async Task StopAsync(CancellationToken cancellationToken)
        {
            await Task.Yield();
            await Never.Task; // service
        }
    }

    private sealed class Poller : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Yield();
            await Never.Task; // token
        }
    }
}
