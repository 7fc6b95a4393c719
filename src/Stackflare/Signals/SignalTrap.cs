using System.Runtime.InteropServices;
using Stackflare.Capture;
using Stackflare.Capture.Probe;
using Stackflare.Interop;
using Stackflare.Signals.Outputs;
using Stackflare.Writers;

namespace Stackflare.Signals;

/// <summary>
/// A signal's trap and the one thread that is parked on it. A signal wakes the thread, which takes a dump and parks again; signals
/// that come meanwhile are one more dump. Nothing on this path needs the thread pool, a timer or the console.
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
            // No thread could be had: nobody would answer, and the signal would do nothing. The wait frees the closed trap.
            ProbeLibrary.TrapClose(_trap);
            _ = ProbeLibrary.TrapWait(_trap);
            throw;
        }
    }

    /// <summary>Waits until the first dump of the process would be a warm one.</summary>
    internal bool WaitWarm(TimeSpan timeout) => _warm.Wait(timeout);

    /// <summary>
    /// Puts back the handler that was there, and returns when the signals that came before are answered. It waits for as long as one dump may take,
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
    /// Takes a dump and throws it away, so that the code of the first real one is compiled and its files are known. A failure is
    /// not reported here: the dump that somebody asks for will fail the same way and say why.
    /// </summary>
    private void WarmUp()
    {
        try
        {
            // Nobody has asked for this one: it takes no other profiler's place.
            ThreadDump dump = SelfCapture.Take(_options.Capture with { AllowMainProfiler = false }, _threadId);
            DumpRenderer.Write(dump, _options.Format, _options.Render, TextWriter.Null);
            DumpRenderer.Write(WarmUpDump.Dump(), _options.Format, _options.Render, TextWriter.Null);
        }
#pragma warning disable CA1031 // An exception that leaves a thread ends the program, which has asked for nothing yet.
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
#pragma warning disable CA1031 // The thread must live: the next signal may find what this one did not.
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
#pragma warning disable CA1031 // Whatever it is, the thread must live, and somebody has to be told of the first error.
            catch (Exception)
#pragma warning restore CA1031
            {
            }
        }
        StandardErrorOutput.TryWriteLine($"stackflare: no thread dump: {(error is StackflareException ? error.Message : $"{error.GetType()}: {error.Message}")}");
    }
}
