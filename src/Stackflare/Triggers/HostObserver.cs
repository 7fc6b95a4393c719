using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Stackflare.Triggers;

/// <summary>
/// Finds generic hosts (ASP.NET Core, a worker service) when they are built. A host announces itself to a diagnostic listener,
/// and is used by reflection: the library depends on the runtime alone.
/// </summary>
internal sealed class HostObserver : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private const string Listener = "Microsoft.Extensions.Hosting", HostBuilt = "HostBuilt";
    private const string Lifetime = "Microsoft.Extensions.Hosting.IHostApplicationLifetime, Microsoft.Extensions.Hosting.Abstractions";

    private readonly Action<CancellationToken, CancellationToken, CancellationToken> _observe;
    private readonly IDisposable _listeners;
    private IDisposable? _host;

    /// <param name="observe">Called for each host with tokens that are cancelled when it has started, when it begins to stop, and when it has stopped.</param>
    public HostObserver(Action<CancellationToken, CancellationToken, CancellationToken> observe)
    {
        _observe = observe;
        _listeners = DiagnosticListener.AllListeners.Subscribe(this);
    }

    public void Dispose()
    {
        _listeners.Dispose();
        _host?.Dispose();
    }

    public void OnNext(DiagnosticListener value)
    {
        if (value.Name == Listener)
            _host = value.Subscribe(this, static name => name == HostBuilt);
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value is not { Key: HostBuilt, Value: { } host })
            return;
        try
        {
            Observe(host);
        }
#pragma warning disable CA1031 // A host of another kind must not fail to start because it is observed.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "A type that was trimmed is not found, and the host is not observed.")]
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "As above.")]
    [UnconditionalSuppressMessage("Trimming", "IL2096", Justification = "As above.")]
    private void Observe(object host)
    {
        Type? lifetimeType = Type.GetType(Lifetime, throwOnError: false);
        Type? hostType = Array.Find(host.GetType().GetInterfaces(), static i => i.FullName == "Microsoft.Extensions.Hosting.IHost");
        if (lifetimeType is null || hostType?.GetProperty("Services")?.GetValue(host) is not IServiceProvider services || services.GetService(lifetimeType) is not { } lifetime)
            return;
        _observe(Token("ApplicationStarted"), Token("ApplicationStopping"), Token("ApplicationStopped"));

        CancellationToken Token(string property) => lifetimeType.GetProperty(property)?.GetValue(lifetime) is CancellationToken token ? token : default;
    }
}
