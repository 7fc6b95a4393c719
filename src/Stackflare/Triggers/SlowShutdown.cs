using System.Runtime.InteropServices;
using Stackflare.Capture;
using Stackflare.Writers;

namespace Stackflare.Triggers;

/// <summary>Takes a dump when the process was told to end and has not ended in time.</summary>
internal sealed class SlowShutdown : IDisposable
{
    private const string HostAssembly = "Microsoft.Extensions.Hosting,";

    private readonly HostObserver _host;
    private readonly SlowShutdownOptions _options;
    private readonly DumpTaker _taker;
    private readonly PosixSignalRegistration[] _signals;
    private WatchThread.Alarm? _alarm;
    private int _begun;
    private volatile bool _isDone;

    /// <exception cref="StackflareException">This process cannot be dumped, or the output cannot be written; the error says why.</exception>
    public SlowShutdown(SlowShutdownOptions options)
    {
        _options = options;
        _taker = new DumpTaker(options);
        _taker.WarmUpSoon();
        // The handlers only observe: the program's own handlers and the default action follow. The runtime calls these on a new thread, not in the pool.
        _signals =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => OnSignal("SIGTERM came")),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => OnSignal("SIGINT came")),
        ];
        _host = new HostObserver(() => Begin("the host began to stop"), BeforeExit);
        AppDomain.CurrentDomain.ProcessExit += OnExit;
    }

    /// <summary>The shutdown has begun. Only the first call counts.</summary>
    /// <param name="what">What began it, as a clause in the past tense.</param>
    private void Begin(string what)
    {
        if (Interlocked.Exchange(ref _begun, 1) != 0)
            return;
        TimeSpan after = _options.Timeout * _options.DumpAt;
        _alarm = WatchThread.Shared.Set(after, ownThread =>
        {
            _taker.Take(new DumpReason { Kind = DumpReasonKind.SlowShutdown, Text = $"{what} {Durations.Until(after)} ago and the process still runs" }, ownThread);
            _isDone = true;
            SelfCapture.Release();
            return null;
        });
    }

    /// <summary>The exit handlers are next: after this, the runtime attaches no probe. Until the dump is taken, it answers no other tool.</summary>
    private void BeforeExit()
    {
        if (Volatile.Read(ref _begun) != 0 && !_isDone)
            SelfCapture.Hold(_options.Capture);
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals)
            signal.Dispose();
        _host.Dispose();
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        _alarm?.Dispose();
        SelfCapture.Release();
    }

    private void OnSignal(string what)
    {
        Begin(what);
        // Without a host, the exit handlers run as soon as this returns. A host first stops its services, and other tools must be able to look at them.
        if (!Array.Exists(AppDomain.CurrentDomain.GetAssemblies(), static a => a.FullName?.StartsWith(HostAssembly, StringComparison.Ordinal) == true))
            BeforeExit();
    }

    private void OnExit(object? sender, EventArgs e) => Begin("the process began to exit");
}
