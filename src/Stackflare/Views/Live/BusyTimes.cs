namespace Stackflare.Views.Live;

/// <summary>Processor time, by line and by thread. Not thread-safe.</summary>
internal sealed class BusyTimes
{
    private readonly Dictionary<(OsThreadId, ManagedThreadId?), Thread> _threads = [];
    // Of the runtime's own threads: the time at the last dump, and what they have used since the last screen.
    private Dictionary<OsThreadId, TimeSpan>? _nativeBefore;
    private readonly Dictionary<OsThreadId, (RuntimeThread Thread, TimeSpan Used)> _native = [];

    /// <summary>Adds what a thread has used at a place.</summary>
    public void Add(DumpThread thread, Place place, long microseconds)
    {
        Thread known = Of(thread);
        known.Used += microseconds;
        if (place.Frame is { } frame)
            known.Lines[frame] = (place.Owner, known.Lines.GetValueOrDefault(frame).Used + microseconds);
        else
            known.Nowhere += microseconds;
    }

    /// <summary>Adds what a thread has used while it was not found running: where it was found running otherwise.</summary>
    public void AddRest(DumpThread thread, long microseconds)
    {
        var line = Of(thread).Busiest();
        Add(thread, new Place(line.Owner, line.Frame), microseconds);
    }

    /// <summary>Adds what the runtime's own threads have used since the dump before.</summary>
    public void Add(IReadOnlyList<RuntimeThread> threads)
    {
        var now = new Dictionary<OsThreadId, TimeSpan>(threads.Count);
        foreach (RuntimeThread thread in threads)
        {
            now[thread.OsId] = thread.CpuTime;
            if (_nativeBefore?.TryGetValue(thread.OsId, out TimeSpan before) is true && thread.CpuTime > before)
                _native[thread.OsId] = (thread, _native.GetValueOrDefault(thread.OsId).Used + (thread.CpuTime - before));
        }
        _nativeBefore = now;
    }

    /// <summary>The lines with the most processor time: the program's own first, then those of libraries and of the framework.</summary>
    public IReadOnlyList<HotLine> Lines()
    {
        var lines = new Dictionary<DumpFrame, (StackOwner Owner, long Used)>(SameFrame.Comparer);
        foreach (Thread thread in _threads.Values)
        {
            foreach (var (frame, (owner, used)) in thread.Lines)
                lines[frame] = (owner, lines.GetValueOrDefault(frame).Used + used);
        }
        return [.. lines.OrderByDescending(static l => l.Value.Owner).ThenByDescending(static l => l.Value.Used)
            .Select(static l => new HotLine(l.Key, l.Value.Owner, TimeSpan.FromMicroseconds(l.Value.Used)))];
    }

    /// <summary>The threads that have used the processor, the busiest first.</summary>
    /// <param name="now">Where a thread is that was not found running.</param>
    public IReadOnlyList<BusyThread> Threads(Func<DumpThread, Place> now) =>
    [
        .. _threads.Values.Where(static t => t.Used > 0)
            .Select(t => new BusyThread(t.Last, null, TimeSpan.FromMicroseconds(t.Used), t.Busiest().Frame is { } line ? line : now(t.Last).Frame, t.Busiest().Frame is not null))
            .Concat(_native.Values.Select(static n => new BusyThread(null, n.Thread, n.Used, null, IsBusyThere: false)))
            .OrderByDescending(static t => t.Cpu),
    ];

    /// <summary>What was used at no line that is known.</summary>
    public TimeSpan Nowhere => TimeSpan.FromMicroseconds(_threads.Values.Sum(static t => t.Nowhere));

    /// <summary>Begins the next screen.</summary>
    public void Clear()
    {
        _threads.Clear();
        _native.Clear();
    }

    private Thread Of(DumpThread thread)
    {
        if (!_threads.TryGetValue((thread.OsId, thread.ManagedId), out Thread? known))
            _threads.Add((thread.OsId, thread.ManagedId), known = new Thread());
        known.Last = thread;
        return known;
    }

    private sealed class Thread
    {
        public DumpThread Last { get; set; } = null!;

        /// <summary>In microseconds.</summary>
        public long Used { get; set; }

        public long Nowhere { get; set; }

        public Dictionary<DumpFrame, (StackOwner Owner, long Used)> Lines { get; } = new(SameFrame.Comparer);

        public (StackOwner Owner, DumpFrame? Frame) Busiest()
        {
            (StackOwner Owner, DumpFrame? Frame, long Used) busiest = default;
            foreach (var (frame, (owner, used)) in Lines)
            {
                if (busiest.Frame is null || used > busiest.Used)
                    busiest = (owner, frame, used);
            }
            return (busiest.Owner, busiest.Frame);
        }
    }
}

/// <summary>A line and the processor time that was used there.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Owner">Whose code it belongs to.</param>
/// <param name="Cpu">Processor time of all threads.</param>
internal sealed record HotLine(DumpFrame Frame, StackOwner Owner, TimeSpan Cpu);

/// <summary>A thread that has used the processor.</summary>
/// <param name="Thread">The thread; null if the runtime does not know it.</param>
/// <param name="Native">The thread, if the runtime does not know it; otherwise null.</param>
/// <param name="Cpu">Its processor time.</param>
/// <param name="Frame">Where it used most of it; if that is not known, where it is; null if that is not known either.</param>
/// <param name="IsBusyThere">Whether it used the time at <paramref name="Frame"/>.</param>
internal sealed record BusyThread(DumpThread? Thread, RuntimeThread? Native, TimeSpan Cpu, DumpFrame? Frame, bool IsBusyThere);
