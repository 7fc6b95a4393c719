using Stackflare.Outputs;
using Stackflare.Writers;

namespace Stackflare.Triggers;

/// <summary>Takes dumps while queued work waits too long for a thread of the pool.</summary>
internal sealed class PoolWatch : IDisposable
{
    private static readonly TimeSpan LongestPeriod = TimeSpan.FromSeconds(1), ShortestPeriod = TimeSpan.FromMilliseconds(20);

    private readonly ThreadPoolWatchOptions _options;
    private readonly DumpTaker _taker;
    private readonly PoolIncidents _incidents;
    private readonly WatchBudget _budget;
    private readonly Canary _canary = new();
    private readonly TimeSpan _period;
    private readonly WatchThread.Alarm _alarm;
    private bool _isSilent;
    private long _lasted;

    /// <exception cref="StackflareException">This process cannot be dumped, or the output cannot be written; the error says why.</exception>
    public PoolWatch(ThreadPoolWatchOptions options)
    {
        _options = options;
        _taker = new DumpTaker(options);
        _incidents = new PoolIncidents(options);
        _budget = new WatchBudget(options, "the thread pool");
        TimeSpan period = options.Threshold / 5;
        _period = period < ShortestPeriod ? ShortestPeriod : period > LongestPeriod ? LongestPeriod : period;
        _taker.WarmUpSoon();
        _alarm = WatchThread.Shared.Set(_period, Look);
    }

    /// <summary>How long queued work has waited too long; null if it does not. May be read from any thread.</summary>
    public TimeSpan? Incident => Volatile.Read(ref _lasted) is var ticks and > 0 ? TimeSpan.FromTicks(ticks) : null;

    public void Dispose() => _alarm.Dispose();

    private TimeSpan? Look(int ownThread)
    {
        switch (_incidents.Look(WatchThread.Shared.Now, _canary.RanAt, ThreadPool.PendingWorkItemCount))
        {
            case PoolStep.QueueCanary:
                _canary.Queue();
                break;
            case PoolStep.Dump when _incidents.Dumps == 1 ? !(_isSilent = !_budget.TryTake()) : !_isSilent && _budget.TryTake(cooldown: TimeSpan.Zero):
                _taker.Take(new DumpReason { Kind = DumpReasonKind.ThreadPool, Text = Reason() }, ownThread);
                break;
            case PoolStep.Recovered when !_isSilent:
                TimeSpan lasted = _incidents.Lasted;
                if (!DumpTaker.TryCall(_options.OnRecovered, lasted))
                    StandardStreamOutput.TryWriteLine($"stackflare: the thread pool runs queued work again; it had not for {Durations.Long(lasted)}");
                break;
        }
        Volatile.Write(ref _lasted, _incidents.IsOn ? _incidents.Lasted.Ticks : 0);
        return _period;
    }

    private string Reason()
    {
        string text = $"queued work has waited {Durations.Long(_incidents.Lasted)} for a thread of the pool";
        return _options.MaxDumpsPerIncident == 1 ? text : FormattableString.Invariant($"{text}, dump {_incidents.Dumps} of {_options.MaxDumpsPerIncident}");
    }

    /// <summary>A work item that does nothing. It is queued behind the work of all others.</summary>
    private sealed class Canary : IThreadPoolWorkItem
    {
        private long _ranAt;

        /// <summary>When it ran; null if it has not run since it was queued.</summary>
        public TimeSpan? RanAt => Volatile.Read(ref _ranAt) is var at and not 0 ? TimeSpan.FromTicks(at) : null;

        public void Queue()
        {
            Volatile.Write(ref _ranAt, 0);
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        void IThreadPoolWorkItem.Execute() => Volatile.Write(ref _ranAt, WatchThread.Shared.Now.Ticks);
    }
}
