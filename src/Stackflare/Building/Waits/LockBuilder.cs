using Stackflare.Processes;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using Stackflare.Symbols;

namespace Stackflare.Building.Waits;

/// <summary>Makes the locks of a dump: which there are, who holds them and since which frame, and what each thread waits for.</summary>
internal sealed class LockBuilder
{
    private const string LockType = "System.Threading.Lock";

    private readonly RawSnapshot _snapshot;
    private readonly SymbolSession _session;
    private readonly DumpThread[] _threads;
    private readonly DumpLock?[] _locks;
    private readonly WaitedObjects _objects;

    /// <param name="snapshot">The snapshot.</param>
    /// <param name="session">For the names of types, and what methods are made of.</param>
    /// <param name="threads">The threads, in the order of the snapshot.</param>
    public LockBuilder(RawSnapshot snapshot, SymbolSession session, DumpThread[] threads)
    {
        _snapshot = snapshot;
        _session = session;
        _threads = threads;
        _locks = [.. snapshot.Locks.Select(Lock)];
        _objects = new WaitedObjects(snapshot, session, threads);
    }

    /// <summary>What the snapshot has of each thread's wait.</summary>
    public static WaitRecord?[] WaitsByThread(RawSnapshot snapshot)
    {
        var records = new WaitRecord?[snapshot.Threads.Length];
        foreach (WaitRecord wait in snapshot.Waits)
            records[wait.Thread] = wait;
        return records;
    }

    /// <summary>Gives the threads what they wait for and what they hold.</summary>
    /// <param name="frames">What the frames of each thread tell of its wait, in the order of the snapshot.</param>
    /// <param name="records">What the snapshot has of it.</param>
    /// <param name="tasks">The kernel's view, for how long it has lasted.</param>
    public void Build(WaitFrames.Found?[] frames, WaitRecord?[] records, KernelTasks tasks)
    {
        for (int i = 0; i < _threads.Length; i++)
            _threads[i].WaitingFor = Wait(i, frames[i], records[i], tasks.OffProcessor(_threads[i].OsId.Value));
        for (int first = 0; first < _snapshot.Held.Length;)
        {
            int end = first + 1;
            while (end < _snapshot.Held.Length && _snapshot.Held[end].Thread == _snapshot.Held[first].Thread)
                end++;
            Hold(_snapshot.Held.AsSpan(first, end - first));
            first = end;
        }
        _objects.Hold();
    }

    /// <summary>Gives locks those who wait for them, and waits those whom they are for, once all threads are in their order.</summary>
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
        { Kind: WaitKind.MonitorWait } or { Lock: null } => [],
        { Lock.Owner: { } owner } => owner == thread ? [] : [owner],
        { Kind: WaitKind.WriteLock } => [.. wait.Lock.Readers.Where(t => t != thread)],
        { Kind: WaitKind.UpgradeableReadLock, Lock.Upgrader: { } upgrader } => [upgrader],
        // Readers do not pass a writer that waits, lest it waited for ever.
        { Kind: WaitKind.ReadLock or WaitKind.UpgradeableReadLock } => [.. wait.Lock.Waiters.Where(static t => t.WaitingFor!.Kind == WaitKind.WriteLock)],
        _ => [],
    };

    /// <summary>Null for what is no lock after all.</summary>
    private DumpLock? Lock(LockRecord record)
    {
        string? type = record.Type == SnapshotLayout.None ? null : _session.Types.Name(record.Type);
        bool isLock = record.Kind == LockRecordKind.Lock;
        // Found by its size and its fields: only the name says that it is one.
        if (isLock && record.Flags.HasFlag(LockFlags.FromStack) && type != LockType)
            return null;
        return new DumpLock
        {
            Address = new ObjectAddress(record.Object),
            Kind = isLock ? LockKind.Lock : LockKind.Monitor,
            Type = type,
            Owner = record.Owner == SnapshotLayout.None ? null : _threads[record.Owner],
            IsAbandoned = record.Flags.HasFlag(LockFlags.OwnerEnded),
            Recursion = (int)Math.Min(record.Recursion, int.MaxValue),
        };
    }

    private DumpWait? Wait(int thread, WaitFrames.Found? frames, WaitRecord? record, TimeSpan? atLeast)
    {
        DumpLock? wanted = record is { Lock: not SnapshotLayout.None and var index } ? _locks[index] : null;
        if (frames is not { Kind: { } kind, Index: var frameIndex })
            return null;
        bool isJoin = kind == WaitKind.ThreadJoin;
        bool isMonitor = kind is WaitKind.MonitorEnter or WaitKind.MonitorWait or WaitKind.LockEnter;
        uint? waited = isMonitor ? null : _objects.Find((uint)thread, kind, frameIndex);
        DumpLock? known = isMonitor ? wanted : waited is { } found ? _objects.Lock(found) : null;
        return new DumpWait
        {
            Kind = kind,
            FrameIndex = frameIndex,
            Lock = known,
            Object = known?.Address ?? (waited is { } at ? new ObjectAddress(_snapshot.Objects[at].Address) : null),
            ObjectType = known?.Type ?? (waited is { } typed ? _objects.Type(typed) : null),
            Joined = isJoin && record is { OtherThread: not SnapshotLayout.None and var other } ? _threads[other] : null,
            AtLeast = atLeast,
            Timeout = record?.TimeoutMs switch
            {
                // It waits a little again and again.
                _ when kind == WaitKind.Barrier => null,
                null or SnapshotLayout.WaitTimeoutUnknown => WaitsForEver((uint)thread, kind, frameIndex) ? Timeout.InfiniteTimeSpan : null,
                < 0 => Timeout.InfiniteTimeSpan,
                { } ms => TimeSpan.FromMilliseconds(ms),
            },
        };
    }

    /// <summary>
    /// Whether the method that waits is one without a time limit, where the runtime keeps none: by its name, or, if it was compiled into its caller, by
    /// the caller's IL.
    /// </summary>
    private bool WaitsForEver(uint thread, WaitKind kind, int frame)
    {
        if (kind is not (WaitKind.ThreadJoin or WaitKind.ReadLock or WaitKind.UpgradeableReadLock or WaitKind.WriteLock))
            return false;
        IReadOnlyList<DumpFrame> frames = _threads[thread].Frames;
        if (frames[frame].Method is { Parameters: "", Name: "Join" or "EnterReadLock" or "EnterUpgradeableReadLock" or "EnterWriteLock" })
            return true;
        return frame + 1 < frames.Count
            && _session.LockStatementsAround(_snapshot.Frames[_snapshot.StackOf(_snapshot.Threads[thread])[frame + 1]]) is { WaitsForEver: true };
    }

    /// <summary>
    /// Which frames took a thread's locks. Several frames refer to most of them, as callers hand objects on and callees keep their callers' registers;
    /// one that took a lock has a statement for it, one for each time. The locks with the least choice of them choose first.
    /// </summary>
    private void Hold(ReadOnlySpan<HeldRecord> records)
    {
        uint thread = records[0].Thread;
        var free = new Dictionary<uint, int>();
        var places = new SortedDictionary<uint, List<uint>>();
        foreach (ref readonly HeldRecord record in records)
        {
            if (!places.TryGetValue(record.Lock, out List<uint>? frames))
                places[record.Lock] = frames = [];
            if (record.Frame == SnapshotLayout.None)
                continue;
            frames.Add(record.Frame);
            if (!free.ContainsKey(record.Frame))
                free[record.Frame] = Statements(thread, record.Frame);
        }
        var held = new List<HeldLock>();
        foreach ((uint index, List<uint> frames) in places.OrderBy(p => p.Value.Sum(f => (long)free[f]) - (_locks[p.Key]?.Recursion ?? 0)))
        {
            if (_locks[index] is { } known)
                Take(known, _snapshot.Locks[index].Flags.HasFlag(LockFlags.FromStack), frames, free, held);
        }
        _threads[thread].HeldLocks = [.. held.OrderBy(static h => h.FrameIndex ?? int.MaxValue)];
    }

    private static void Take(DumpLock known, bool isGuess, List<uint> frames, Dictionary<uint, int> free, List<HeldLock> held)
    {
        int taken = 0;
        // From the outermost: whoever took it handed it on.
        for (int i = frames.Count; i-- > 0 && taken <= known.Recursion;)
        {
            if (free[frames[i]] == 0)
                continue;
            free[frames[i]]--;
            taken++;
            held.Add(new HeldLock(known, (int)frames[i], IsShared: false));
        }
        // More often than there are frames: again by one of these, whose other statements are not for other locks then.
        for (int i = frames.Count; i-- > 0 && taken <= known.Recursion;)
        {
            int again = Math.Min(free[frames[i]], known.Recursion + 1 - taken);
            free[frames[i]] -= again;
            taken += again;
        }
        // Taken by a call and not by a statement. What only a stack leads to needs more than that to be believed.
        if (taken == 0 && !isGuess)
            held.Add(new HeldLock(known, frames is [var only] ? (int)only : null, IsShared: false));
    }

    private int Statements(uint thread, uint frame) =>
        _session.LockStatementsAround(_snapshot.Frames[_snapshot.StackOf(_snapshot.Threads[thread])[(int)frame]])?.Exclusive ?? 0;
}
