namespace Stackflare.Views.Live;

/// <summary>Which locks were wanted, by how many threads and where, and who held them. Not thread-safe.</summary>
internal sealed class WantedLocks
{
    /// <summary>How many locks are followed until the next screen.</summary>
    internal const int Max = 1000;

    private readonly List<Sum> _locks = [];
    private int _dumps;

    /// <summary>Adds what threads wait for in one dump.</summary>
    public void Add(ThreadDump dump, Places places)
    {
        _dumps++;
        List<DumpLock> wanted = [.. dump.Threads.Select(static t => t.WaitingFor is { Kind: not WaitKind.MonitorWait, Lock: { } known } ? known : null).OfType<DumpLock>().Distinct()];
        Dictionary<(ObjectAddress, string?), Sum> byAddress = [];
        foreach (Sum sum in _locks)
            byAddress[(sum.Last.Address, sum.Last.Type)] = sum;
        var moved = new List<DumpLock>();
        foreach (DumpLock known in wanted)
        {
            if (byAddress.TryGetValue((known.Address, known.Type), out Sum? sum))
                sum.Add(known, _dumps, places);
            else
                moved.Add(known);
        }
        foreach (DumpLock known in moved)
        {
            // The garbage collector moves objects: a lock at a new address is the one that the same threads wanted.
            Sum? sum = _locks.Find(s => s.LastDump < _dumps && s.Last.Kind == known.Kind && s.Last.Type == known.Type && s.HasWaiterOf(known));
            if (sum is null && _locks.Count < Max)
                _locks.Add(sum = new Sum());
            sum?.Add(known, _dumps, places);
        }
    }

    /// <summary>The locks for which most threads have waited first.</summary>
    public IReadOnlyList<WantedLock> All() => [.. _locks.Select(s => s.Result(_dumps)).OrderByDescending(static l => l.Average)];

    /// <summary>Begins the next screen.</summary>
    public void Clear()
    {
        _locks.Clear();
        _dumps = 0;
    }

    private sealed class Sum
    {
        private readonly HashSet<OsThreadId> _waiters = [], _holders = [];
        private readonly Dictionary<DumpFrame, int> _wantedAt = new(SameFrame.Comparer), _heldAt = new(SameFrame.Comparer);
        private DumpThread? _holder;
        private int _waits, _most;

        public DumpLock Last { get; private set; } = null!;

        public int LastDump { get; private set; }

        public bool HasWaiterOf(DumpLock other) => other.Waiters.Any(w => _waiters.Contains(w.OsId));

        public void Add(DumpLock known, int dump, Places places)
        {
            (Last, LastDump) = (known, dump);
            _waits += known.Waiters.Count;
            _most = Math.Max(_most, known.Waiters.Count);
            foreach (DumpThread waiter in known.Waiters)
            {
                _waiters.Add(waiter.OsId);
                Count(_wantedAt, places.Of(waiter).Frame);
            }
            foreach (DumpThread holder in known.Owner is { } owner ? [owner] : known.Readers)
            {
                _holder = holder;
                _holders.Add(holder.OsId);
                Count(_heldAt, places.Of(holder).Frame);
            }
        }

        public WantedLock Result(int dumps) => new(Last, (double)_waits / dumps, _most)
        {
            Waiters = _waiters.Count,
            WantedAt = [.. _wantedAt.OrderByDescending(static p => p.Value).Select(p => (p.Key, (double)p.Value / dumps))],
            Holder = _holder,
            Holders = _holders.Count,
            HeldAt = _heldAt.Count == 0 ? null : _heldAt.MaxBy(static p => p.Value).Key,
        };

        private static void Count(Dictionary<DumpFrame, int> places, DumpFrame? frame)
        {
            if (frame is not null)
                places[frame] = places.GetValueOrDefault(frame) + 1;
        }
    }
}

/// <summary>A lock that threads waited for.</summary>
/// <param name="Lock">The lock as the last dump has it in which a thread wanted it.</param>
/// <param name="Average">How many threads waited for it, on average over all dumps.</param>
/// <param name="Most">How many waited for it at once, at most.</param>
internal sealed record WantedLock(DumpLock Lock, double Average, int Most)
{
    /// <summary>How many different threads waited.</summary>
    public required int Waiters { get; init; }

    /// <summary>Where threads waited, and how many on average, the most frequent place first.</summary>
    public required IReadOnlyList<(DumpFrame Frame, double Average)> WantedAt { get; init; }

    /// <summary>The last thread that was seen to hold the lock, alone or shared; null if none was.</summary>
    public required DumpThread? Holder { get; init; }

    /// <summary>How many different threads held it.</summary>
    public required int Holders { get; init; }

    /// <summary>Where its holders were most often; null if not known.</summary>
    public required DumpFrame? HeldAt { get; init; }
}
