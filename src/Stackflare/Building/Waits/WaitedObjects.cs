using Stackflare.Snapshots;
using Stackflare.Symbols;

namespace Stackflare.Building.Waits;

/// <summary>What threads wait for other than monitors and Locks: semaphores, events, tasks, reader-writer locks.</summary>
internal sealed class WaitedObjects
{
    /// <summary>How many frames of a thread that holds a reader-writer lock are checked for taking it.</summary>
    public const int MaxFrames = 64;

    private readonly Snapshot _snapshot;
    private readonly SymbolSession _session;
    private readonly DumpThread[] _threads;
    private readonly DumpLock?[] _locks;

    /// <summary>For each thread, the index of its first reference.</summary>
    private readonly Dictionary<int, int> _first = [];

    /// <summary>For each object, the threads that have entered it for reading.</summary>
    private readonly Dictionary<int, SortedSet<int>> _readers = [];

    /// <param name="snapshot">The snapshot.</param>
    /// <param name="session">Resolves types, and reads the methods' IL.</param>
    /// <param name="threads">The threads, in the order of the snapshot.</param>
    public WaitedObjects(Snapshot snapshot, SymbolSession session, DumpThread[] threads)
    {
        (_snapshot, _session, _threads) = (snapshot, session, threads);
        for (int i = snapshot.References.Length; i-- > 0;)
        {
            ref readonly SnapshotReference reference = ref snapshot.References[i];
            _first[reference.Thread] = i;
            if (reference.HoldsRead)
                AddReader(reference.Object, reference.Thread);
        }
        // An upgradeable reader counts as a reader.
        for (int i = 0; i < snapshot.Objects.Length; i++)
        {
            if (snapshot.Objects[i].Upgrader is { } upgrader)
                AddReader(i, upgrader);
        }
        _locks = [.. snapshot.Objects.Select(ReaderWriterLock)];
    }

    /// <summary>The object that a thread waits for: the certain one, or the only candidate; null if there is neither.</summary>
    /// <param name="thread">The thread's index in the snapshot.</param>
    /// <param name="kind">What the thread waits for.</param>
    /// <param name="frame">The outermost frame of the wait. The object can be referenced from it, from inner frames, or from its caller.</param>
    public int? Find(int thread, WaitKind kind, int frame)
    {
        if (KindOf(kind) is not { } wanted || !_first.TryGetValue(thread, out int first) || IsForSeveral(thread, frame))
            return null;
        int? proven = null, possible = null;
        bool isOnly = true;
        for (int i = first; i < _snapshot.References.Length && _snapshot.References[i].Thread == thread; i++)
        {
            ref readonly SnapshotReference reference = ref _snapshot.References[i];
            if (_snapshot.Objects[reference.Object].Kind != wanted || (reference.Frame ?? int.MaxValue) > frame + 1)
                continue;
            if (reference.IsProven)
                proven = reference.Object;
            isOnly &= possible is null || possible == reference.Object;
            possible = reference.Object;
        }
        return proven ?? (isOnly ? possible : null);
    }

    /// <summary>
    /// The object with which the tasks continue that a thread waits for by <c>Task.WaitAll</c> or <c>Task.WaitAny</c>; null if it is not known.
    /// </summary>
    /// <param name="thread">The thread's index in the snapshot.</param>
    /// <param name="frame">The outermost frame of the wait.</param>
    public ObjectAddress? Gate(int thread, int frame)
    {
        if (!_first.TryGetValue(thread, out int first) || !IsForSeveral(thread, frame))
            return null;
        for (int i = first; i < _snapshot.References.Length && _snapshot.References[i].Thread == thread; i++)
        {
            ref readonly SnapshotReference reference = ref _snapshot.References[i];
            if (reference.IsProven && Type(reference.Object) is { } type
                && (type == "System.Threading.Tasks.Task.SetOnCountdownMres" || type.StartsWith("System.Threading.Tasks.TaskFactory.CompleteOnInvokePromise", StringComparison.Ordinal)))
            {
                return new ObjectAddress(_snapshot.Objects[reference.Object].Address);
            }
        }
        return null;
    }

    /// <summary>Whether the thread waits for one or all of several objects. Then one visible object does not identify the wait.</summary>
    private bool IsForSeveral(int thread, int frame)
    {
        for (int i = 0; i <= frame && i < _threads[thread].Frames.Count; i++)
        {
            string name = _threads[thread].Frames[i].Method.Name;
            if (name.StartsWith("WaitAll", StringComparison.Ordinal) || name.StartsWith("WaitAny", StringComparison.Ordinal) || name == "WaitMultiple")
                return true;
        }
        return false;
    }

    /// <summary>The lock that this object is; null if it is not one.</summary>
    public DumpLock? Lock(int index) => _locks[index];

    /// <summary>The thread that owns a mutex; null if the object is not one, or the owner is not known.</summary>
    public DumpThread? OwnerOf(int index) =>
        _snapshot.Objects[index] is { Kind: SnapshotObjectKind.WaitHandle, Owner: { } owner } ? _threads[owner] : null;

    /// <summary>Full name of an object's type; null if not known.</summary>
    public string? Type(int index) => _snapshot.Objects[index].Type is { } type ? _session.Types.Name(type) : null;

    /// <summary>Adds the reader-writer locks to the threads that hold them.</summary>
    public void Hold()
    {
        var held = new Dictionary<int, List<HeldLock>>();
        for (int i = 0; i < _locks.Length; i++)
        {
            if (_locks[i] is not { } known)
                continue;
            if (_snapshot.Objects[i].Owner is { } owner)
                Add(owner, known, isShared: false);
            foreach (int reader in Readers(i))
                Add(reader, known, isShared: true);
        }
        foreach ((int thread, List<HeldLock> locks) in held)
        {
            // With several locks, it is not known which statement belongs to which.
            if (locks is [var only])
                locks[0] = only with { FrameIndex = FrameOf(thread) };
            _threads[thread].HeldLocks = [.. _threads[thread].HeldLocks.Concat(locks).OrderBy(static h => h.FrameIndex ?? int.MaxValue)];
        }

        void Add(int thread, DumpLock known, bool isShared)
        {
            if (!held.TryGetValue(thread, out List<HeldLock>? locks))
                held[thread] = locks = [];
            locks.Add(new HeldLock(known, null, isShared));
        }
    }

    /// <summary>The threads that hold a reader-writer lock, each once.</summary>
    public static IEnumerable<int> Holders(Snapshot snapshot) =>
        snapshot.References.Where(static r => r.HoldsRead).Select(static r => r.Thread)
            .Concat(snapshot.Objects.SelectMany(static o => (int?[])[o.Owner, o.Upgrader]).OfType<int>()).Distinct();

    /// <summary>The threads that wait for a reader-writer lock, a mutex or the end of a thread, possibly more than once.</summary>
    public static IEnumerable<int> Joining(Snapshot snapshot) =>
        snapshot.References
            .Where(r => snapshot.Objects[r.Object] is { Kind: SnapshotObjectKind.ReaderWriterLockSlim } or { Kind: SnapshotObjectKind.WaitHandle, Owner: not null })
            .Select(static r => r.Thread)
            .Concat(Enumerable.Range(0, snapshot.Threads.Count).Where(t => snapshot.Threads[t].Wait is { Kind: SnapshotWaitKind.Join })).Distinct();

    private static SnapshotObjectKind? KindOf(WaitKind kind) => kind switch
    {
        WaitKind.SemaphoreSlim => SnapshotObjectKind.SemaphoreSlim,
        WaitKind.ManualResetEventSlim => SnapshotObjectKind.EventSlim,
        WaitKind.CountdownEvent => SnapshotObjectKind.CountdownEvent,
        WaitKind.Barrier => SnapshotObjectKind.Barrier,
        WaitKind.Task => SnapshotObjectKind.Task,
        WaitKind.WaitHandle => SnapshotObjectKind.WaitHandle,
        WaitKind.ReadLock or WaitKind.WriteLock or WaitKind.UpgradeableReadLock => SnapshotObjectKind.ReaderWriterLockSlim,
        _ => null,
    };

    private DumpLock? ReaderWriterLock(SnapshotObject entry, int index)
    {
        if (entry.Kind != SnapshotObjectKind.ReaderWriterLockSlim)
            return null;
        return new DumpLock
        {
            Address = new ObjectAddress(entry.Address),
            Kind = LockKind.ReaderWriterLockSlim,
            Type = Type(index),
            Owner = entry.Owner is { } owner ? _threads[owner] : null,
            Upgrader = entry.Upgrader is { } upgrader ? _threads[upgrader] : null,
            Readers = [.. Readers(index).Select(t => _threads[t])],
            LostReaders = LostReaders(entry, index),
        };
    }

    /// <summary>
    /// The lock counts its readers, and each reader has a record of its own. Fewer records than readers: their threads have ended. A thread that is just
    /// entering has been counted and has no record yet.
    /// </summary>
    private int LostReaders(SnapshotObject entry, int index)
    {
        if (entry is not { Owner: null, Count: > 0 and var count } || !_snapshot.AreLocksWhole || Array.Exists(_threads, IsEntering))
            return 0;
        return Math.Max(0, count - Readers(index).Count());
    }

    private static bool IsEntering(DumpThread thread) => thread.Activity == ThreadActivity.Running
        && thread.Frames.Take(MaxFrames).Any(static f => f.Method.DeclaringType.StartsWith("System.Threading.ReaderWriterLockSlim", StringComparison.Ordinal));

    private void AddReader(int index, int thread)
    {
        if (!_readers.TryGetValue(index, out SortedSet<int>? threads))
            _readers[index] = threads = [];
        threads.Add(thread);
    }

    /// <summary>The threads that have entered it for reading. The writer is not one of them, because it may have upgraded.</summary>
    private IEnumerable<int> Readers(int index) =>
        _readers.TryGetValue(index, out SortedSet<int>? threads) ? threads.Where(t => t != _snapshot.Objects[index].Owner) : [];

    /// <summary>The frame in which a thread took a reader-writer lock, if exactly one frame has a statement for such a lock.</summary>
    private int? FrameOf(int thread)
    {
        ReadOnlySpan<int> stack = _snapshot.StackOf(thread);
        int? frame = null;
        int statements = 0;
        for (int i = 0; i < Math.Min(stack.Length, MaxFrames); i++)
        {
            int count = _session.LockScopesAround(_snapshot.Frames[stack[i]])?.ReaderWriter ?? 0;
            statements += count;
            if (count > 0)
                frame = i;
        }
        return statements == 1 ? frame : null;
    }
}
