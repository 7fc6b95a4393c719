using Stackflare.Interop;

namespace Stackflare.Capture.External;

/// <summary>
/// While it exists, this process is not stopped by the terminal (Ctrl+Z), and a crash writes no core file, for which the threads that it holds would have to wait.
/// SIGSTOP cannot be prevented.
/// </summary>
internal sealed class StopGuard : IDisposable
{
    private static readonly int[] Signals = [Posix.SIGTSTP, Posix.SIGTTIN, Posix.SIGTTOU];

    private readonly byte[][] _before = [.. Signals.Select(Posix.IgnoreForNow)];
    private readonly bool _wasDumpable = Posix.IsDumpable();

    public StopGuard()
    {
        if (_wasDumpable)
            Posix.SetDumpable(false);
    }

    public void Dispose()
    {
        if (_wasDumpable)
            Posix.SetDumpable(true);
        for (int i = 0; i < Signals.Length; i++)
            Posix.RestoreSignal(Signals[i], _before[i]);
    }
}
