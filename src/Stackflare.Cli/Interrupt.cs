using System.Runtime.InteropServices;

namespace Stackflare.Cli;

/// <summary>
/// Handles Ctrl+C, SIGTERM and a closed terminal: the current wait is cancelled, temporary files are removed, finished output is
/// written, and the tool exits. A second signal ends the tool immediately.
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

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Waits for a time. True if a signal ended the wait.</summary>
    public bool WaitOr(TimeSpan time) => Token.WaitHandle.WaitOne(time);

    /// <summary>Does what the first signal does. Thread-safe.</summary>
    public void Request() => _source.Cancel();

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
