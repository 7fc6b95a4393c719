using System.Runtime.InteropServices;

namespace Stackflare.Cli;

/// <summary>
/// Ctrl+C, SIGTERM and a closed terminal: the wait at hand is called off, what was made for it is removed, what was had so far is
/// written, and the tool ends. A second one ends it at once.
/// </summary>
internal sealed class Interrupt : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];

    public Interrupt()
    {
        foreach (PosixSignal signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
            _registrations.Add(PosixSignalRegistration.Create(signal, Handle));
    }

    public bool Happened => _source.IsCancellationRequested;

    /// <summary>Is cancelled when it happens.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Waits; true when it was cut short.</summary>
    public bool WaitOr(TimeSpan time) => Token.WaitHandle.WaitOne(time);

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
        _source.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = !Happened;
        _source.Cancel();
    }
}
