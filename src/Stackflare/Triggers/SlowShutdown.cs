using System.Runtime.InteropServices;
using Stackflare.Writers;

namespace Stackflare.Triggers;

/// <summary>Takes a dump when the process was told to end and has not ended in time.</summary>
internal sealed class SlowShutdown : IDisposable
{
    private readonly SlowShutdownOptions _options;
    private readonly DumpTaker _taker;
    private readonly PosixSignalRegistration[] _signals;
    private WatchThread.Alarm? _alarm;
    private int _begun;

    /// <exception cref="StackflareException">This process cannot be dumped, or the output cannot be written; the error says why.</exception>
    public SlowShutdown(SlowShutdownOptions options)
    {
        _options = options;
        _taker = new DumpTaker(options);
        _taker.WarmUpSoon();
        // The handlers only observe: the program's own handlers and the default action follow. The runtime calls these on a new thread, not in the pool.
        _signals =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Begin("SIGTERM came")),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => Begin("SIGINT came")),
        ];
        AppDomain.CurrentDomain.ProcessExit += OnExit;
    }

    /// <summary>The shutdown has begun. Only the first call counts.</summary>
    /// <param name="what">What began it, as a clause in the past tense.</param>
    public void Begin(string what)
    {
        if (Interlocked.Exchange(ref _begun, 1) != 0)
            return;
        TimeSpan after = _options.Timeout * _options.DumpAt;
        _alarm = WatchThread.Shared.Set(after, ownThread =>
        {
            _taker.Take(new DumpReason { Kind = DumpReasonKind.SlowShutdown, Text = $"{what} {Durations.AtMost(after)} ago, and the process has not ended" }, ownThread);
            return null;
        });
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals)
            signal.Dispose();
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        _alarm?.Dispose();
    }

    private void OnExit(object? sender, EventArgs e) => Begin("the process began to exit");
}
