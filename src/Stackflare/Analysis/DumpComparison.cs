namespace Stackflare.Analysis;

/// <summary>
/// Compares dumps of one process, taken one after the other: what has not run since the first one? Addresses alone do not tell that: the garbage
/// collector moves objects, and threads and methods come back to the same place. What is not certain is not called unchanged. Not thread-safe.
/// </summary>
internal sealed class DumpComparison
{
    /// <summary>
    /// The time at which a process began is the difference of two clocks, which are read one after the other. On a machine that is short of processors, this takes its time.
    /// </summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(10);

    private readonly Dictionary<OsThreadId, DumpThread> _threads = [];
    private HashSet<ulong>? _asyncStacks;
    private ThreadDump? _first, _last;
    private int _dumps;

    /// <summary>Adds a dump. A dump of another process, or an older one, begins anew.</summary>
    /// <returns>The dump, with what has not run since the first one; unchanged if it is the first one, or has no stacks.</returns>
    public ThreadDump Add(ThreadDump dump)
    {
        if (!dump.HasStacks)
            return dump;
        if (_first is null || !AreOfOneProcess(_first, dump) || dump.CapturedAt <= _last!.CapturedAt)
            return Begin(dump);
        _last = dump;
        _dumps++;
        var unchanged = new HashSet<OsThreadId>();
        foreach (DumpThread thread in dump.Threads)
        {
            if (_threads.TryGetValue(thread.OsId, out DumpThread? before) && HasNotRun(before, thread))
                unchanged.Add(thread.OsId);
        }
        foreach (OsThreadId id in _threads.Keys.Where(id => !unchanged.Contains(id)).ToArray())
            _threads.Remove(id);
        if (!dump.HasAsyncStacks)
            _asyncStacks = null;
        else
            _asyncStacks?.IntersectWith(IdentitiesIn(dump));
        // The next dump takes away from the set.
        return dump with { Unchanged = new UnchangedParts(_dumps, dump.CapturedAt - _first.CapturedAt, unchanged, _asyncStacks?.ToHashSet()) };
    }

    private ThreadDump Begin(ThreadDump dump)
    {
        (_first, _last, _dumps) = (dump, dump, 1);
        _threads.Clear();
        foreach (DumpThread thread in dump.Threads)
            _threads.TryAdd(thread.OsId, thread);
        _asyncStacks = dump.HasAsyncStacks ? IdentitiesIn(dump) : null;
        return dump;
    }

    private static bool AreOfOneProcess(ThreadDump one, ThreadDump other) => one.Process.Id == other.Process.Id
        && one.Process.Name == other.Process.Name
        && (one.Process.Uptime, other.Process.Uptime) switch
        {
            ({ } before, { } after) => (other.CapturedAt - after - (one.CapturedAt - before)).Duration() < ClockTolerance,
            (null, null) => true,
            _ => false,
        };

    /// <summary>
    /// A thread that has used no processor time has not run. Then its wait is the same one, even if its object has another address now. A thread that
    /// has run may have come back to the same place.
    /// </summary>
    private static bool HasNotRun(DumpThread before, DumpThread now) => before.HasExactCpuTime && now.HasExactCpuTime
        && before.CpuTime == now.CpuTime
        // The processor time is read after the pause, and the thread can run in between.
        && before.WaitingFor?.Kind == now.WaitingFor?.Kind
        && before.ManagedId == now.ManagedId
        && before.Completeness == now.Completeness
        && SameFrame.AreSame(before.Frames, now.Frames);

    /// <summary>The identities of all stacks, including those of the tasks that they wait for.</summary>
    private static HashSet<ulong> IdentitiesIn(ThreadDump dump)
    {
        var identities = new HashSet<ulong>();
        // Tasks can be shared.
        var seen = new HashSet<AsyncStack>(ReferenceEqualityComparer.Instance);
        var open = new Stack<AsyncStack>(dump.AsyncStacks);
        while (open.TryPop(out AsyncStack? stack))
        {
            if (!seen.Add(stack))
                continue;
            if (stack.Identity is { } identity)
                identities.Add(identity);
            foreach (AsyncStack inner in stack.WaitingFor.Unfinished)
                open.Push(inner);
        }
        return identities;
    }
}
