using System.Runtime.InteropServices;
using Stackflare.Capture.Probe;
using Stackflare.Interop;
using Stackflare.Processes;

namespace Stackflare.Triggers;

/// <summary>
/// The trap of a signal, and the thread that waits on it. A signal wakes the thread, which takes a dump and waits again. Signals
/// that arrive during a dump cause one more dump. Nothing on this path needs the thread pool, a timer or the console.
/// </summary>
internal sealed class SignalTrap : IDisposable
{
    private readonly DumpTaker _taker;
    private readonly DumpReason _reason;
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _warm = new();
    private readonly int _trap;
    private int _disposed;

    /// <exception cref="StackflareException">The trap cannot be set; the error says why.</exception>
    public SignalTrap(SignalOptions options)
    {
        _taker = new DumpTaker(options);
        _reason = new DumpReason { Kind = DumpReasonKind.Signal, Text = options.Signal.ToString() };
        _trap = ProbeLibrary.TrapOpen(options.Signal, options.Chain);
        if (_trap < 0)
        {
            throw Signal.Invalid(
                $"The handler for {options.Signal} cannot be set: {Marshal.GetPInvokeErrorMessage(-_trap)}.");
        }
        _thread = new Thread(Run) { IsBackground = true, Name = SignalTraps.ThreadName(options.Signal) };
        try
        {
            _thread.UnsafeStart();
        }
        catch (Exception)
        {
            // No thread could be created, so the signal would do nothing. The wait frees the closed trap.
            ProbeLibrary.TrapClose(_trap);
            while (ProbeLibrary.TrapWait(_trap))
            {
            }
            throw;
        }
    }

    /// <summary>Waits until the warm-up dump is done.</summary>
    internal bool WaitWarm(TimeSpan timeout) => _warm.Wait(timeout);

    /// <summary>
    /// Restores the previous handler, and returns when the dumps of earlier signals are done. The wait is limited to the time that one dump may take,
    /// with its names and lines.
    /// </summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        ProbeLibrary.TrapClose(_trap);
        if (Environment.CurrentManagedThreadId != _thread.ManagedThreadId)
            _thread.Join(_taker.Longest);
    }

    private void Run()
    {
        int id = Posix.CurrentThread();
        _taker.WarmUp(id);
        _warm.Set();
        while (ProbeLibrary.TrapWait(_trap))
            _taker.Take(_reason, id);
    }
}
