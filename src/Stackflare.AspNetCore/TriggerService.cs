using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stackflare.Triggers;

namespace Stackflare.AspNetCore;

/// <summary>Sets the triggers before other hosted services start. They last until the services of the host are disposed.</summary>
internal sealed class TriggerService(
    IOptions<StackflareOptions> options, IOptions<HostOptions> host, IHostApplicationLifetime lifetime, ILogger<TriggerService> logger) : IHostedLifecycleService, IDisposable
{
    private readonly List<IDisposable> _triggers = [];
    private readonly DumpLog _log = new(logger);
    private DumpMetrics? _metrics;

    /// <summary>The watch of the thread pool; null if there is none.</summary>
    public PoolWatch? ThreadPool { get; private set; }

    /// <summary>The watch for deadlocks; null if there is none.</summary>
    public DeadlockWatch? Deadlocks { get; private set; }

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        StackflareOptions current = options.Value;
        _metrics = new DumpMetrics(() => ThreadPool?.Incident, () => Deadlocks?.Found.Count);
        Start(current.OnSignal, Flare.OnSignal);
        Start(current.WatchThreadPool, o => ThreadPool = new PoolWatch(o));
        Start(current.OnDeadlock, o => Deadlocks = new DeadlockWatch(o));
        Start(current.OnUnhandledException, Flare.OnUnhandledException);
        Start(current.OnSlowShutdown, StartSlowShutdown);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        foreach (IDisposable trigger in _triggers)
            trigger.Dispose();
        _triggers.Clear();
        _metrics?.Dispose();
    }

    /// <summary>Not disposed with the service: the exit handlers of the process come later.</summary>
    private IDisposable StartSlowShutdown(SlowShutdownOptions shutdown)
    {
        bool isDefault = shutdown.Timeout == new SlowShutdownOptions().Timeout && host.Value.ShutdownTimeout > TimeSpan.Zero;
        var slow = new SlowShutdown(isDefault ? shutdown with { Timeout = host.Value.ShutdownTimeout } : shutdown, looksForHosts: false);
        slow.Observe(lifetime.ApplicationStarted, lifetime.ApplicationStopping, lifetime.ApplicationStopped);
        return new Nothing();
    }

    private void Start<T>(T? trigger, Func<T, IDisposable> start)
        where T : TriggerOptions
    {
        if (trigger is null)
            return;
        try
        {
            _triggers.Add(start(WithDefaults(trigger)));
        }
        catch (StackflareException e)
        {
            // A service must not fail because of its diagnostics.
            Log.NoTrigger(logger, typeof(T).Name.Replace("Options", "", StringComparison.Ordinal), e.Message);
        }
    }

    private T WithDefaults<T>(T trigger)
        where T : TriggerOptions
    {
        StackflareOptions current = options.Value;
        DumpOutput output = ReferenceEquals(trigger.Output, DumpOutput.StandardError) ? current.Output : trigger.Output;
        return (T)(trigger with
        {
            Output = current.LogDumps ? DumpOutput.All(output, DumpOutput.To(_log.Write)) : output,
            Render = trigger.Render.Redaction is null ? trigger.Render with { Redaction = current.Render.Redaction } : trigger.Render,
            WarmUp = trigger.WarmUp && current.WarmUp,
        });
    }

    private sealed class Nothing : IDisposable
    {
        public void Dispose()
        {
        }
    }
}
