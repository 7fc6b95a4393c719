namespace Stackflare.Analysis;

/// <summary>
/// Weighs the dumps of a recording: half of the time between two dumps counts for the stacks of the one, and half for those of the other. So the weights add up to the time that passed, however
/// irregular the dumps are. Not thread-safe.
/// </summary>
/// <param name="mode">Which time counts.</param>
/// <param name="samples">The sum.</param>
internal sealed class Recording(RecordingMode mode, ISampleSum samples)
{
    // By thread: its processor time at the last dump, and the part of it that does not count for a stack yet.
    private Dictionary<(OsThreadId, ManagedThreadId?), (DumpThread Thread, long Cpu, long Owed)> _threads = [];
    private readonly List<(DumpThread Thread, long Owed)> _ended = [];
    private (ThreadDump Dump, long Weight)? _before;
    private long _last, _weighed;
    private bool _isFirst = true;

    /// <summary>Adds a dump.</summary>
    /// <param name="dump">The dump.</param>
    /// <param name="at">The time of its pause, since the beginning of the recording.</param>
    public void Add(ThreadDump dump, TimeSpan at)
    {
        long now = Math.Max(_last, Microseconds(at)), elapsed = now - _last;
        if (mode is RecordingMode.Cpu)
        {
            AddUp(dump, elapsed);
            Weigh(dump, elapsed);
        }
        else
        {
            WeighBefore(elapsed / 2);
            _before = (dump, _isFirst ? elapsed : elapsed - (elapsed / 2));
        }
        (_last, _isFirst) = (now, false);
    }

    private void WeighBefore(long after)
    {
        if (_before is var (dump, weight))
            Weigh(dump, weight + after);
        _before = null;
    }

    private void Weigh(ThreadDump dump, long time)
    {
        long ofOthers = mode is RecordingMode.Wall ? time : 0;
        samples.Add(dump, new SampleWeights(_weighed, _weighed + time, Weight, ofOthers, ofOthers));
        _weighed += time;

        // A thread is found running as often as it runs: over many samples, what it used is at the stacks that used it.
        long Weight(DumpThread thread) => mode switch
        {
            RecordingMode.Wall => time,
            RecordingMode.Cpu => thread is { Activity: ThreadActivity.Running, Completeness: not StackCompleteness.NotWalked } ? Pay(thread) : 0,
            _ => thread.Activity is ThreadActivity.Running ? 0 : time,
        };
    }

    /// <summary>Ends the recording. The time since the last dump counts for its stacks.</summary>
    /// <param name="at">The time since the beginning of the recording.</param>
    public void End(TimeSpan at)
    {
        WeighBefore(Math.Max(0, Microseconds(at) - _last));
        Settle();
        _threads.Clear();
    }

    /// <summary>Counts what threads used since they were last found running for the stack that they had then, so that the sum is all that was used up to the last dump.</summary>
    public void Settle()
    {
        foreach (var (key, (thread, cpu, owed)) in _threads)
        {
            if (owed > 0)
                samples.AddRest(thread, owed);
            _threads[key] = (thread, cpu, 0);
        }
        foreach (var (thread, owed) in _ended)
            samples.AddRest(thread, owed);
        _ended.Clear();
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
            if (!isKnown && before.Owed > 0)
                _ended.Add((before.Thread, before.Owed));
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
