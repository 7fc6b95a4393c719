using System.Runtime.InteropServices;
using Stackflare.Capture;
using Stackflare.Capture.Probe;
using Stackflare.Interop;
using Stackflare.Outputs;
using Stackflare.Writers;

namespace Stackflare.Triggers;

/// <summary>
/// The trap of a signal, and the thread that waits on it. A signal wakes the thread, which takes a dump and waits again. Signals
/// that arrive during a dump cause one more dump. Nothing on this path needs the thread pool, a timer or the console.
/// </summary>
internal sealed class SignalTrap : IDisposable
{
    private readonly SignalOptions _options;
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _warm = new();
    private readonly int _trap;
    private int _disposed, _threadId;

    /// <exception cref="StackflareException">The trap cannot be set; the error says why.</exception>
    public SignalTrap(SignalOptions options)
    {
        _options = options;
        SelfCapture.EnsureSupported();
        options.Output.Validate();
        _trap = ProbeLibrary.TrapOpen(options.Signal, options.Chain);
        if (_trap < 0)
        {
            throw Signal.Invalid(
                $"The handler for {options.Signal} cannot be set: {Marshal.GetPInvokeErrorMessage(-_trap)}.");
        }
        _thread = new Thread(Run) { IsBackground = true, Name = "Stackflare " + options.Signal };
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
            _thread.Join(SelfCapture.LongestDump(_options.Capture));
    }

    private void Run()
    {
        _threadId = Posix.CurrentThread();
        WarmUp();
        _warm.Set();
        while (ProbeLibrary.TrapWait(_trap))
            Dump();
    }

    /// <summary>
    /// Takes a dump and discards it, so that the code is compiled and the files are known for the first real one. A failure is
    /// not reported here, because a requested dump will fail in the same way and report it.
    /// </summary>
    private void WarmUp()
    {
        try
        {
            // Nobody has requested this dump, so it must not affect other profilers.
            ThreadDump dump = SelfCapture.Take(_options.Capture with { AllowMainProfiler = false }, _threadId);
            DumpRenderer.Write(dump, _options.Format, _options.Render, TextWriter.Null);
            DumpRenderer.Write(WarmUpDump.Dump(), _options.Format, _options.Render, TextWriter.Null);
        }
#pragma warning disable CA1031 // An unhandled exception would end the program, which has not requested anything yet.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    private void Dump()
    {
        try
        {
            _options.Output.Write(SelfCapture.Take(_options.Capture, _threadId), _options.Format, _options.Render);
        }
#pragma warning disable CA1031 // The thread must survive: the next signal may not have the same problem.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Report(e);
        }
    }

    private void Report(Exception error)
    {
        if (_options.OnError is { } onError)
        {
            try
            {
                onError(error);
                return;
            }
#pragma warning disable CA1031 // The thread must survive any exception, and the first error must be reported.
            catch (Exception)
#pragma warning restore CA1031
            {
            }
        }
        StandardStreamOutput.TryWriteLine($"stackflare: no thread dump: {(error is StackflareException ? error.Message : $"{error.GetType()}: {error.Message}")}");
    }
}
