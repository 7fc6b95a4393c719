using System.Runtime.InteropServices;

namespace Stackflare.Triggers;

/// <summary>
/// Takes a dump on SIGTERM. The runtime handles this signal itself, and calls all that registered for it on a thread of their own, not in the pool; a trap
/// like that of other signals would hide it from the program.
/// </summary>
internal sealed class TerminationTrap : IDisposable
{
    private readonly DumpTaker _taker;
    private readonly PosixSignalRegistration _registration;

    /// <exception cref="StackflareException">This process cannot be dumped, or the output cannot be written; the error says why.</exception>
    public TerminationTrap(SignalOptions options)
    {
        _taker = new DumpTaker(options);
        _taker.WarmUpSoon();
        var reason = new DumpReason { Kind = DumpReasonKind.Signal, Text = options.Signal.ToString() };
        // The context is not touched, so the default action follows unless another handler cancels it.
        _registration = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => _taker.Take(reason, ownThread: null));
    }

    public void Dispose() => _registration.Dispose();
}
