using System.Runtime.ExceptionServices;
using Stackflare.Capture.Probe;
using Stackflare.Snapshots;

namespace Stackflare.Capture;

/// <summary>
/// A capture of the current process that has begun and waits: the probe is attached, on a thread of the runtime's. It can be taken when the runtime
/// attaches nothing more, because it exits. Until then the runtime's diagnostics answer nobody else. Costs a thread and a connection.
/// </summary>
internal sealed class HeldCapture
{
    internal const string Name = "Stackflare hold";

    private readonly object _gate = new();
    private State _state = State.Beginning;
    private Snapshot? _snapshot;
    private ExceptionDispatchInfo? _error;

    private HeldCapture(CaptureOptions options) => Options = options;

    /// <summary>What it collects.</summary>
    public CaptureOptions Options { get; }

    private enum State
    {
        Beginning,
        Held,
        Going,
        GivenUp,
        Done,
    }

    /// <summary>Begins a capture; null if the runtime does not attach the probe in time.</summary>
    /// <param name="source">The source of the current process.</param>
    /// <param name="options">What to collect, and limits.</param>
    /// <param name="patience">How long to wait.</param>
    public static HeldCapture? TryBegin(ProbeSource source, CaptureOptions options, TimeSpan patience)
    {
        var held = new HeldCapture(options);
        try
        {
            new Thread(() => held.Run(source)) { IsBackground = true, Name = Name }.UnsafeStart();
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            // The process may be at its thread limit. It is about to end, and must not end by this.
            return null;
        }
        if (held.Wait(static s => s != State.Beginning, patience) && held._state == State.Held)
            return held;
        held.GiveUp();
        return null;
    }

    /// <summary>Takes the snapshot. Once only.</summary>
    /// <param name="patience">How long to wait.</param>
    /// <exception cref="StackflareException">No snapshot could be taken; the error says why.</exception>
    public Snapshot Take(TimeSpan patience)
    {
        Set(State.Going);
        if (!Wait(static s => s == State.Done, patience))
            throw new CaptureTimeoutException(patience, "the runtime did not answer");
        _error?.Throw();
        return _snapshot!;
    }

    /// <summary>Ends the capture without a snapshot.</summary>
    public void GiveUp() => Set(State.GivenUp);

    private void Run(ProbeSource source)
    {
        try
        {
            _snapshot = source.CaptureHeld(Options, () =>
            {
                Set(State.Held);
                Wait(static s => s > State.Held, Timeout.InfiniteTimeSpan);
                if (_state == State.GivenUp)
                    throw new OperationCanceledException();
            });
        }
#pragma warning disable CA1031 // The caller gets it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _error = ExceptionDispatchInfo.Capture(e);
        }
        Set(State.Done);
    }

    private void Set(State state)
    {
        lock (_gate)
        {
            if (state > _state)
                _state = state;
            Monitor.PulseAll(_gate);
        }
    }

    private bool Wait(Func<State, bool> until, TimeSpan patience)
    {
        long begin = Environment.TickCount64;
        lock (_gate)
        {
            while (!until(_state))
            {
                int left = patience == Timeout.InfiniteTimeSpan ? Timeout.Infinite : (int)Math.Max(0, patience.TotalMilliseconds - (Environment.TickCount64 - begin));
                if (!Monitor.Wait(_gate, left) && left == 0)
                    return until(_state);
            }
            return true;
        }
    }
}
