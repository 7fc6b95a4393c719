namespace Stackflare.Writers.Profiles;

/// <summary>
/// Weighs the dumps of a recording: each stack counts for the time since the dump before. So the weights add up to the time that passed, however irregular the dumps are. Not thread-safe.
/// </summary>
/// <param name="mode">Which time counts.</param>
/// <param name="samples">The sum.</param>
internal sealed class Recording(RecordingMode mode, StackSamples samples)
{
    // By thread: its processor time at the last dump, and the part of it that does not count for a stack yet.
    private Dictionary<(OsThreadId, ManagedThreadId?), (DumpThread Thread, long Cpu, long Owed)> _threads = [];
    private readonly List<(DumpThread Thread, long Owed)> _ended = [];
    private long _last;
    private bool _isFirst = true;

    /// <summary>Adds a dump.</summary>
    /// <param name="dump">The dump.</param>
    /// <param name="at">The time of its pause, since the beginning of the recording.</param>
    public void Add(ThreadDump dump, TimeSpan at)
    {
        long now = Math.Max(_last, Microseconds(at)), elapsed = now - _last;
        if (mode is RecordingMode.Cpu)
            AddUp(dump, elapsed);
        samples.Add(dump, new SampleWeights(_last, now, Weight, mode is RecordingMode.Wall ? elapsed : 0, mode is RecordingMode.Wall ? elapsed : 0));
        (_last, _isFirst) = (now, false);

        // A thread is found running as often as it runs: over many samples, what it used is at the stacks that used it.
        long Weight(DumpThread thread) => mode switch
        {
            RecordingMode.Wall => elapsed,
            RecordingMode.Cpu => thread.Activity is ThreadActivity.Running ? Pay(thread) : 0,
            _ => thread.Activity is ThreadActivity.Running ? 0 : elapsed,
        };
    }

    /// <summary>Ends the recording. What threads used since they were last found running counts for the stack that they had then.</summary>
    public void End()
    {
        foreach (var (thread, owed) in _threads.Values.Select(static t => (t.Thread, t.Owed)).Concat(_ended))
        {
            if (owed > 0)
                samples.AddRest(thread, owed);
        }
        _ended.Clear();
        _threads.Clear();
    }

    private void AddUp(ThreadDump dump, long elapsed)
    {
        var threads = new Dictionary<(OsThreadId, ManagedThreadId?), (DumpThread, long, long)>(dump.Threads.Count);
        foreach (DumpThread thread in dump.Threads)
        {
            if (thread.CpuTime is not { } time)
                continue;
            long cpu = Microseconds(time);
            bool isKnown = _threads.Remove((thread.OsId, thread.ManagedId), out var before) && before.Cpu <= cpu;
            // Before the first dump, it is not known how much a thread had run. A thread that has begun since cannot have run for longer than that.
            long used = _isFirst ? 0 : isKnown ? cpu - before.Cpu : Math.Min(cpu, elapsed);
            threads[(thread.OsId, thread.ManagedId)] = (thread, cpu, (isKnown ? before.Owed : 0) + used);
        }
        _ended.AddRange(_threads.Values.Where(static t => t.Owed > 0).Select(static t => (t.Thread, t.Owed)));
        _threads = threads;
    }

    private long Pay(DumpThread thread)
    {
        if (!_threads.TryGetValue((thread.OsId, thread.ManagedId), out var known))
            return 0;
        _threads[(thread.OsId, thread.ManagedId)] = known with { Owed = 0 };
        return known.Owed;
    }

    private static long Microseconds(TimeSpan time) => (long)Math.Round(time.TotalMicroseconds);
}
