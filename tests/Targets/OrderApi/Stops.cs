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
            case "blocked":
                builder.Services.AddHostedService<Blocker>();
                break;
            case "stopping":
                builder.Services.AddHostedService<Registrar>();
                break;
            case "exit":
                AppDomain.CurrentDomain.ProcessExit += (_, _) => Flush();
                break;
        }
    }

    /// <summary>A request that is never answered.</summary>
    public static async Task<string> WaitAsync()
    {
        Console.WriteLine("Waiting.");
        await Never.Task; // request
        return "";
    }

    private static void Unregister() => NeverSet.Wait(); // stopping

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

    private sealed class Blocker : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            NeverSet.Wait(CancellationToken.None); // blocked
            return Task.CompletedTask;
        }
    }

    private sealed class Registrar(IHostApplicationLifetime lifetime) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            lifetime.ApplicationStopping.Register(Unregister);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
