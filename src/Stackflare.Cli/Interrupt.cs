using System.Runtime.InteropServices;

namespace Stackflare.Cli;

/// <summary>
/// Ctrl+C and SIGTERM: the dump at hand is finished and what was made for it is removed, then the tool ends. A second one ends it at once.
/// </summary>
internal sealed class Interrupt : IDisposable
{
    private readonly ManualResetEventSlim _happened = new();
    private readonly PosixSignalRegistration _int, _term;

    public Interrupt()
    {
        _int = PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle);
        _term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle);
    }

    public bool Happened => _happened.IsSet;

    /// <summary>Waits; true when it was cut short.</summary>
    public bool WaitOr(TimeSpan time) => _happened.Wait(time);

    public void Dispose()
    {
        _int.Dispose();
        _term.Dispose();
        _happened.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = !_happened.IsSet;
        _happened.Set();
    }
}
