using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Stackflare.AspNetCore;

/// <summary>Opens the listener before other hosted services start, and closes it after they have stopped: it can show which one hangs.</summary>
internal sealed class ListenerService(IOptions<StackflareOptions> options, ILogger<ListenerService> logger) : IHostedLifecycleService, IDisposable
{
    private IDisposable? _listener;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        StackflareOptions current = options.Value;
        if (string.IsNullOrEmpty(current.Listen))
            return Task.CompletedTask;
        try
        {
            _listener = Flare.Listen(new ListenOptions { Address = current.Listen, Format = current.Format, Capture = current.Capture, Render = current.Render, WarmUp = current.WarmUp });
            Log.Listens(logger, _listener.ToString()!);
        }
        catch (StackflareException e)
        {
            // A service must not fail because of its diagnostics.
            Log.DoesNotListen(logger, e.Message);
        }
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    /// <summary>Also called if the host did not start, or did not stop in time.</summary>
    public void Dispose() => Interlocked.Exchange(ref _listener, null)?.Dispose();
}
