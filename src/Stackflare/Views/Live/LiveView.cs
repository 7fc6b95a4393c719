using Stackflare.Analysis;

namespace Stackflare.Views.Live;

/// <summary>
/// Adds up the dumps of a program for somebody who watches it: where its processor time goes, which locks are wanted, and what grows. Not thread-safe.
/// </summary>
internal sealed class LiveView : ISampleSum
{
    /// <summary>How many lengths of the pool's queue are shown.</summary>
    internal const int MaxQueued = 6;

    private readonly BusyTimes _times = new();
    private readonly WantedLocks _locks = new();
    private readonly AwaitGrowth _awaits = new();
    private readonly List<long> _queued = [];
    private ThreadDump? _last, _lastWithAsync;
    private Func<DumpThread, Place> _placeOf = static _ => default;
    private (TimeSpan At, long? Completed) _before;
    private TimeSpan _first, _end;
    private long? _firstQueued;

    /// <summary>Whether a dump was added since the last screen.</summary>
    public bool HasNew { get; private set; }

    /// <param name="dump">The dump.</param>
    /// <param name="weights">The processor time of threads at their stacks (<see cref="RecordingMode.Cpu"/>).</param>
    public void Add(ThreadDump dump, SampleWeights weights)
    {
        List<AsyncStackGroup> async = dump.HasAsyncStacks ? AwaitGrowth.GroupsOf(dump) : [];
        using var places = new Places(dump, async);
        _end = TimeSpan.FromMicroseconds(weights.End);
        if (_last is null)
            (_first, _firstQueued, _before) = (_end, dump.ThreadPool?.Queued, (_end, dump.ThreadPool?.Completed));
        (_last, HasNew) = (dump, true);
        var placeOf = new Dictionary<DumpThread, Place>(ReferenceEqualityComparer.Instance);
        foreach (DumpThread thread in dump.Threads)
        {
            Place place = placeOf[thread] = places.Of(thread);
            if (!thread.IsOwn && weights.OfThread(thread) is > 0 and var used)
                _times.Add(thread, place, used);
        }
        _placeOf = thread => placeOf.GetValueOrDefault(thread);
        _times.Add(dump.RuntimeThreads);
        _locks.Add(dump, places);
        if (!dump.HasAsyncStacks)
            return;
        _awaits.Add(async, places);
        _lastWithAsync = dump;
    }

    public void AddRest(DumpThread thread, long weight)
    {
        if (!thread.IsOwn)
            _times.AddRest(thread, weight);
    }

    /// <summary>What has happened since the last call. There is at least one dump.</summary>
    public LiveScreen Next()
    {
        ThreadDump last = _last!;
        var screen = new LiveScreen
        {
            Last = last,
            Time = _end - _before.At,
            SinceFirst = _end - _first,
            // A dump without async stacks has fewer findings, but one that is old says what was.
            Findings = (_lastWithAsync ?? last).Findings,
            Notes = (_lastWithAsync ?? last).Notes,
            Lines = _times.Lines(),
            Nowhere = _times.Nowhere,
            Threads = _times.Threads(_placeOf),
            Locks = _locks.All(),
            Pool = TrendOf(last.ThreadPool),
            Awaits = _awaits.Groups,
        };
        _before = (_end, last.ThreadPool?.Completed);
        (_lastWithAsync, HasNew) = (null, false);
        _times.Clear();
        _locks.Clear();
        return screen;
    }

    private QueueTrend? TrendOf(ThreadPoolState? pool)
    {
        if (pool is null)
            return null;
        if (pool.Queued is { } queued)
        {
            if (_queued.Count == 0 && _firstQueued is { } first && _end > _first)
                _queued.Add(first);
            _queued.Add(queued);
        }
        if (_queued.Count > MaxQueued)
            _queued.RemoveAt(0);
        double? completed = _end > _before.At && pool.Completed - _before.Completed is { } done ? done / (_end - _before.At).TotalSeconds : null;
        return new QueueTrend(pool, completed, [.. _queued], _firstQueued);
    }
}
