using System.Diagnostics;
namespace Stackflare.Triggers;

/// <summary>Takes a dump when an exception ends the process, on the thread that threw it.</summary>
internal sealed class UnhandledExceptionTrigger : IDisposable
{
    private readonly object _gate = new();
    private readonly DumpTaker _taker;
    private bool _isTaken;

    /// <exception cref="StackflareException">This process cannot be dumped, or the output cannot be written; the error says why.</exception>
    public UnhandledExceptionTrigger(UnhandledExceptionOptions options)
    {
        _taker = new DumpTaker(options);
        AppDomain.CurrentDomain.UnhandledException += OnException;
    }

    public void Dispose() => AppDomain.CurrentDomain.UnhandledException -= OnException;

    /// <summary>
    /// The process ends when the first handler returns. So a second thread with an unhandled exception waits until the dump is written: it has that
    /// thread and its exception as well.
    /// </summary>
    private void OnException(object sender, UnhandledExceptionEventArgs e)
    {
        if (!Monitor.TryEnter(_gate, _taker.Longest))
            return;
        try
        {
            if (_isTaken)
                return;
            _isTaken = true;
            string type = e.ExceptionObject.GetType().ToString();
            _taker.Take(new DumpReason { Kind = DumpReasonKind.UnhandledException, Text = $"unhandled exception {type}", TraceId = TraceIds.Of(Activity.Current) }, ownThread: null);
        }
        finally
        {
            Monitor.Exit(_gate);
        }
    }
}
