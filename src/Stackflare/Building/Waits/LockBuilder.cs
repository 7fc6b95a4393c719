using Stackflare.Processes;
using Stackflare.Snapshots;
using Stackflare.Symbols;

namespace Stackflare.Building.Waits;

/// <summary>Builds the locks of a dump, with their holders and the frames that took them, and what each thread waits for.</summary>
internal sealed class LockBuilder
{
    private const string LockType = "System.Threading.Lock";

    private readonly Snapshot _snapshot;
    private readonly SymbolSession _session;
    private readonly DumpThread[] _threads;
    private readonly DumpLock?[] _locks;
    private readonly WaitedObjects _objects;

    /// <param name="snapshot">The snapshot.</param>
    /// <param name="session">Resolves types, and reads the methods' IL.</param>
    /// <param name="threads">The threads, in the order of the snapshot.</param>
    public LockBuilder(Snapshot snapshot, SymbolSession session, DumpThread[] threads)
    {
        _snapshot = snapshot;
        _session = session;
        _threads = threads;
        _locks = [.. snapshot.Locks.Select(Lock)];
        _objects = new WaitedObjects(snapshot, session, threads);
    }

    /// <summary>Sets what the threads wait for and what they hold.</summary>
    /// <param name="frames">What the frames of each thread show of its wait, in the order of the snapshot.</param>
    /// <param name="tasks">The kernel's view, for the duration of waits.</param>
    public void Build(WaitClassifier.Found?[] frames, KernelTasks tasks)
    {
        for (int i = 0; i < _threads.Length; i++)
            _threads[i].WaitingFor = Wait(i, frames[i], _snapshot.Threads[i].Wait, tasks.OffCpuTime(_threads[i].OsId.Value));
        SnapshotHeldLock[] held = _snapshot.HeldLocks;
        for (int first = 0; first < held.Length;)
        {
            int end = first + 1;
            while (end < held.Length && held[end].Thread == held[first].Thread)
                end++;
            Hold(held.AsSpan(first, end - first));
            first = end;
        }
        _objects.Hold();
    }

    /// <summary>Sets the waiters of locks and the threads that waits are for. Called when the threads are in their final order.</summary>
    public static void Link(IReadOnlyList<DumpThread> threads)
    {
        var waiters = new Dictionary<DumpLock, List<DumpThread>>();
        foreach (DumpThread thread in threads)
        {
            if (thread.WaitingFor is not { Lock: { } wanted, Kind: not WaitKind.MonitorWait })
                continue;
            if (!waiters.TryGetValue(wanted, out List<DumpThread>? list))
                wanted.Waiters = waiters[wanted] = list = [];
            list.Add(thread);
        }
        foreach (DumpThread thread in threads)
        {
            if (thread.WaitingFor is { } wait)
                wait.WaitsFor = WhomFor(wait, thread);
        }
    }

    private static IReadOnlyList<DumpThread> WhomFor(DumpWait wait, DumpThread thread) => wait switch
    {
        { Joined: { } joined } => [joined],
        { Runners: { Count: > 0 } runners } => runners,
        { Kind: WaitKind.MonitorWait } or { Lock: null } => [],
        { Lock.Owner: { } owner } => owner == thread ? [] : [owner],
        { Kind: WaitKind.WriteLock } => [.. wait.Lock.Readers.Where(t => t != thread)],
        { Kind: WaitKind.UpgradeableReadLock, Lock.Upgrader: { } upgrader } => [upgrader],
        // A waiting writer blocks new readers, because it would otherwise starve.
        { Kind: WaitKind.ReadLock or WaitKind.UpgradeableReadLock } => [.. wait.Lock.Waiters.Where(static t => t.WaitingFor!.Kind == WaitKind.WriteLock)],
        _ => [],
    };

    /// <summary>Null if the object turns out not to be a lock.</summary>
    private DumpLock? Lock(SnapshotLock entry)
    {
        string? type = entry.Type is { } index ? _session.Types.Name(index) : null;
        // Found by its size and fields. Only the type name confirms it.
        if (entry is { Kind: LockKind.Lock, IsGuess: true } && type != LockType)
            return null;
        return new DumpLock
        {
            Address = new ObjectAddress(entry.Address),
            Kind = entry.Kind,
            Type = type,
            Owner = entry.Owner is { } owner ? _threads[owner] : null,
            IsAbandoned = entry.IsAbandoned,
            Recursion = entry.Recursion,
        };
    }

    private DumpWait? Wait(int thread, WaitClassifier.Found? frames, SnapshotWait? recorded, TimeSpan? atLeast)
    {
        DumpLock? wanted = recorded is { Lock: { } index } ? _locks[index] : null;
        if (frames is not { Kind: { } kind, Index: var frameIndex })
            return null;
        bool isJoin = kind == WaitKind.ThreadJoin;
        // The framework waits for these without a time limit, by polling.
        bool isEndless = kind is WaitKind.CancellationCallback or WaitKind.Finalizers;
        bool isMonitor = kind is WaitKind.MonitorEnter or WaitKind.MonitorWait or WaitKind.LockEnter;
        int? waited = isMonitor ? null : _objects.Find(thread, kind, frameIndex);
        DumpLock? known = isMonitor ? wanted : waited is { } found ? _objects.Lock(found) : null;
        DumpThread? holder = waited is { } mutex && kind == WaitKind.WaitHandle ? _objects.OwnerOf(mutex) : null;
        return new DumpWait
        {
            Kind = kind,
            FrameIndex = frameIndex,
            Lock = known,
            Object = known?.Address ?? (waited is { } at ? new ObjectAddress(_snapshot.Objects[at].Address) : null),
            ObjectType = known?.Type ?? (waited is { } typed ? _objects.Type(typed) : null),
            Free = kind == WaitKind.SemaphoreSlim && waited is { } semaphore ? _snapshot.Objects[semaphore].Count : null,
            IsReleasedByWaiter = kind == WaitKind.SemaphoreSlim && waited is not null && ReleasesSemaphore(thread, frameIndex),
            Runners = holder is null ? [] : [holder],
            Joined = !isJoin ? null : recorded is { OtherThread: { } other } ? _threads[other] : JoinsItself(thread, frameIndex) ? _threads[thread] : null,
            AtLeast = atLeast,
            Gate = kind == WaitKind.Task ? _objects.Gate(thread, frameIndex) : null,
            IsForAny = kind == WaitKind.Task && (IsForAny(_threads[thread].Frames[frameIndex]) || (waited is { } promise && IsForAny(_objects.Type(promise)))),
            // At a barrier, a thread waits repeatedly for short times.
            Timeout = kind == WaitKind.Barrier ? null : recorded?.Timeout ?? (isEndless || ((kind != WaitKind.WaitHandle || holder is not null) && WaitsForever(thread, kind, frameIndex)) ? Timeout.InfiniteTimeSpan : null),
        };
    }

    /// <summary>Whether a thread waits for its own end, if the runtime does not record what it waits for.</summary>
    private bool JoinsItself(int thread, int frame) => frame + 1 < _threads[thread].Frames.Count
        && _session.LockScopesAround(_snapshot.Frames[_snapshot.StackOf(thread)[frame + 1]]) is { WaitsForItself: true };

    private bool ReleasesSemaphore(int thread, int frame)
    {
        IReadOnlyList<DumpFrame> frames = _threads[thread].Frames;
        for (; frame < frames.Count; frame++)
        {
            if (frames[frame] is { IsHidden: false, Module.IsOfPlatform: false })
                return _session.LockScopesAround(_snapshot.Frames[_snapshot.StackOf(thread)[frame]]) is { ReleasesSemaphore: true };
        }
        return false;
    }

    private static bool IsForAny(DumpFrame frame) => frame.Method.Name.StartsWith("WaitAny", StringComparison.Ordinal);

    /// <summary>Whether it is a task that completes when one of several tasks has completed.</summary>
    private static bool IsForAny(string? task) =>
        task is not null && (task.Contains("WhenAny", StringComparison.Ordinal) || task.Contains("CompleteOnInvokePromise", StringComparison.Ordinal));

    /// <summary>
    /// Whether the method waits without a time limit, for waits for which the runtime keeps no limit. Judged by the method's name or, if it was
    /// inlined, by the caller's IL.
    /// </summary>
    private bool WaitsForever(int thread, WaitKind kind, int frame)
    {
        if (kind is not (WaitKind.ThreadJoin or WaitKind.ReadLock or WaitKind.UpgradeableReadLock or WaitKind.WriteLock or WaitKind.WaitHandle))
            return false;
        IReadOnlyList<DumpFrame> frames = _threads[thread].Frames;
        if (frames[frame].Method is { Parameters: "", Name: "WaitOne" or "Join" or "EnterReadLock" or "EnterUpgradeableReadLock" or "EnterWriteLock" })
            return true;
        return frame + 1 < frames.Count
            && _session.LockScopesAround(_snapshot.Frames[_snapshot.StackOf(thread)[frame + 1]]) is { WaitsForever: true };
    }

    /// <summary>
    /// Finds the frames that took a thread's locks. Several frames refer to most locks, because callers pass objects on and callees save their
    /// callers' registers. A frame that took a lock has a lock statement for it, one for each time. Locks with the fewest candidate frames are
    /// assigned first.
    /// </summary>
    private void Hold(ReadOnlySpan<SnapshotHeldLock> records)
    {
        int thread = records[0].Thread;
        var free = new Dictionary<int, int>();
        var places = new SortedDictionary<int, List<int>>();
        foreach (SnapshotHeldLock record in records)
        {
            if (!places.TryGetValue(record.Lock, out List<int>? frames))
                places[record.Lock] = frames = [];
            if (record.Frame is not { } frame)
                continue;
            frames.Add(frame);
            if (!free.ContainsKey(frame))
                free[frame] = Statements(thread, frame);
        }
        var held = new List<HeldLock>();
        foreach ((int index, List<int> frames) in places.OrderBy(p => p.Value.Sum(f => (long)free[f]) - (_locks[p.Key]?.Recursion ?? 0)))
        {
            if (_locks[index] is { } known)
                Take(known, _snapshot.Locks[index].IsGuess, frames, free, held);
        }
        _threads[thread].HeldLocks = [.. held.OrderBy(static h => h.FrameIndex ?? int.MaxValue)];
    }

    private static void Take(DumpLock known, bool isGuess, List<int> frames, Dictionary<int, int> free, List<HeldLock> held)
    {
        int taken = 0;
        // From the outermost frame: the frame that took the lock passed it to the inner ones.
        for (int i = frames.Count; i-- > 0 && taken <= known.Recursion;)
        {
            if (free[frames[i]] == 0)
                continue;
            free[frames[i]]--;
            taken++;
            held.Add(new HeldLock(known, frames[i], IsShared: false));
        }
        // Taken more often than there are frames: one of these frames took it again, and its other lock statements do not belong to other locks.
        for (int i = frames.Count; i-- > 0 && taken <= known.Recursion;)
        {
            int again = Math.Min(free[frames[i]], known.Recursion + 1 - taken);
            free[frames[i]] -= again;
            taken += again;
        }
        // Taken by a call instead of a statement. A lock that was found only by scanning the stack needs more evidence than that.
        if (taken == 0 && !isGuess)
            held.Add(new HeldLock(known, frames is [var only] ? only : null, IsShared: false));
    }

    private int Statements(int thread, int frame) =>
        _session.LockScopesAround(_snapshot.Frames[_snapshot.StackOf(thread)[frame]])?.Exclusive ?? 0;
}
