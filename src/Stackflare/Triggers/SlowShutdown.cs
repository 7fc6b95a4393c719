using System.Runtime.InteropServices;
using Stackflare.Capture;
using Stackflare.Capture.Probe;
using Stackflare.Writers;

namespace Stackflare.Triggers;

/// <summary>
/// Takes a dump when the process was told to end and has not ended in time, or when a host has not stopped in time. A host that has stopped in a process
/// that nobody told to end, as in tests, causes none.
/// </summary>
internal sealed class SlowShutdown : IDisposable
{
    private const string HostAssembly = "Microsoft.Extensions.Hosting,";

    private readonly object _gate = new();
    private readonly SlowShutdownOptions _options;
    private readonly DumpTaker _taker;
    private readonly HostObserver? _host;
    private PosixSignalRegistration[] _signals = [];
    private WatchThread.Alarm? _alarm;
    private bool _isSignalled, _isDone;

    /// <param name="options">How long the process may take, and the output.</param>
    /// <param name="looksForHosts">Whether hosts that are built later are observed. If not, the caller calls <see cref="Observe"/>.</param>
    /// <exception cref="StackflareException">This process cannot be dumped, or the output cannot be written; the error says why.</exception>
    public SlowShutdown(SlowShutdownOptions options, bool looksForHosts = true)
    {
        // A process that should have ended may pause for longer than another. Not for a second: another dump can be taken with these limits while it still serves requests.
        _options = options.Capture is { AsyncStacks: AsyncStackMode.Auto, Heap: null } capture ? options with { Capture = capture with { Heap = new HeapLimits() } } : options;
        _taker = new DumpTaker(_options);
        _taker.WarmUpSoon();
        ObserveSignals();
        _host = looksForHosts ? new HostObserver(Observe) : null;
        AppDomain.CurrentDomain.ProcessExit += OnExit;
    }

    /// <summary>Observes a host.</summary>
    /// <param name="started">Cancelled when it has started.</param>
    /// <param name="stopping">Cancelled when it begins to stop.</param>
    /// <param name="stopped">Cancelled when its services have stopped.</param>
    public void Observe(CancellationToken started, CancellationToken stopping, CancellationToken stopped)
    {
        ObserveStopping();
        stopped.UnsafeRegister(static s => ((SlowShutdown)s!).HostStopped(), this);
        // Again, because the last callback that was registered is called first, and so is the last handler of a signal: one of a service may not return, and the host's handler does not return
        // before its callbacks do.
        started.UnsafeRegister(
            _ =>
            {
                ObserveStopping();
                ObserveSignals();
            },
            null);

        void ObserveStopping() => stopping.UnsafeRegister(static s => ((SlowShutdown)s!).Begin("the host began to stop"), this);
    }

    public void Dispose()
    {
        _host?.Dispose();
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        lock (_gate)
        {
            _isDone = true;
            foreach (PosixSignalRegistration signal in _signals)
                signal.Dispose();
            _alarm?.Dispose();
        }
        SelfCapture.Release();
    }

    /// <summary>A host has stopped. If the process is to end, exit handlers are next.</summary>
    private void HostStopped()
    {
        lock (_gate)
        {
            if (!_isSignalled)
            {
                _alarm?.Dispose();
                _alarm = null;
                return;
            }
        }
        BeforeExit();
    }

    /// <summary>The handlers only observe: the program's own handlers and the default action follow. The runtime calls them on a new thread, not in the pool.</summary>
    private void ObserveSignals()
    {
        lock (_gate)
        {
            if (_isDone)
                return;
            PosixSignalRegistration[] before = _signals;
            _signals =
            [
                PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => OnSignal("SIGTERM came")),
                PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => OnSignal("SIGINT came")),
            ];
            foreach (PosixSignalRegistration signal in before)
                signal.Dispose();
        }
    }

    private void OnSignal(string what)
    {
        lock (_gate)
            _isSignalled = true;
        Begin(what);
        // Without a host, the exit handlers may run as soon as this returns. A host first stops its services, and other tools must be able to look at them.
        if (!Array.Exists(AppDomain.CurrentDomain.GetAssemblies(), static a => a.FullName?.StartsWith(HostAssembly, StringComparison.Ordinal) == true))
            BeforeExit();
    }

    private void OnExit(object? sender, EventArgs e) => Begin("the process began to exit");

    /// <summary>Only the first call counts.</summary>
    /// <param name="what">What began the shutdown, as a clause in the past tense.</param>
    private void Begin(string what)
    {
        TimeSpan after = _options.Timeout * _options.DumpAt;
        lock (_gate)
        {
            if (_isDone || _alarm is not null)
                return;
            var reason = new DumpReason { Kind = DumpReasonKind.SlowShutdown, Text = $"{what} {Durations.Until(after)} ago and the process still runs" };
            _alarm = WatchThread.Shared.Set(after, ownThread =>
            {
                _taker.Take(reason, ownThread);
                lock (_gate)
                    _isDone = true;
                SelfCapture.Release();
                return null;
            });
        }
    }

    /// <summary>
    /// After this, the runtime may begin to exit, and attaches no probe then. Until the dump is taken, the runtime's diagnostics answer no other tool.
    /// </summary>
    private void BeforeExit()
    {
        lock (_gate)
        {
            if (_isDone)
                return;
        }
        SelfCapture.Hold(_options.Capture);
        lock (_gate)
        {
            // The dump may have been taken while this waited, and nobody would release the capture.
            if (_isDone)
                SelfCapture.Release();
        }
    }
}
