using Stackflare.Runtime.Types;
using Stackflare.Snapshots;

namespace Stackflare.Runtime.Locks;

/// <summary>
/// Finds owners and waiters of locks, and what else threads wait for, as the probe does in a running process. The runtime records which lock a thread waits
/// for. The layout is checked by what it leads to; if a check fails, nothing is said of locks.
/// </summary>
internal sealed class LockReader : IDisposable
{
    private readonly LockContext _context;
    private readonly LockTable _locks;
    private readonly LockObjects _objects;
    private readonly SyncTable _table;
    private readonly IMonitorReader _monitors;

    private LockReader(LockContext context, SyncTable table)
    {
        (_context, _table) = (context, table);
        _locks = new LockTable(context);
        _objects = new LockObjects(context, _locks);
        _monitors = context.HasManagedMonitors
            ? new ManagedMonitors(context, table, context.Layout.Headers!, _locks, _objects)
            : new NativeMonitors(context, table, _locks, _objects);
    }

    /// <summary>Whether a limit cut something off.</summary>
    public bool IsTruncated => _context.IsTruncated;

    /// <summary>Whether memory that locks need is missing, or a name of a class that threads wait for.</summary>
    public bool IsPartial => _context.LacksMemory || !_context.Core.IsComplete;

    /// <summary>Prepares the reading; null if the layout of locks is not known, or if the memory has no objects.</summary>
    public static LockReader? Open(
        ProcessMemory memory, RuntimeLayout layout, NamedTypes? core, TypeReader types, MethodReader methods, ModuleImages images, IReadOnlyList<WalkedThread> threads, bool areAll)
    {
        if (core is null || layout is not { Threads: { } ofThreads, Types: not null, Locks: { Table: { } table, Headers: { } headers, Arrays: { } arrays, Variables: { } variables } known }
            || (known.NativeMonitors is null && known.ManagedMonitors is null))
        {
            return null;
        }
        var context = new LockContext
        {
            Memory = memory,
            Layout = known,
            ThreadLayout = ofThreads,
            CoreLib = core,
            Core = new CoreLayouts(core, known.ManagedMonitors is not null),
            Types = types,
            Methods = methods,
            Images = images,
            Threads = threads,
            Ids = new ThreadIds(threads, areAll, memory, ofThreads),
            Variables = new ThreadVariables(memory, variables, arrays),
            Open = module => NamedTypes.Open(memory, layout, images, types, module),
        };
        var entries = new SyncTable(memory, table, headers);
        return context.Core.HasLocks && entries.IsKnown && AreThreadsRight(context) ? new LockReader(context, entries) : null;
    }

    public void Dispose() => _context.Dispose();

    /// <summary>What each thread waits for, as far as the runtime records it; null if the data does not have the expected layout.</summary>
    public SnapshotWait?[]? ReadWaits()
    {
        bool isRight = !_monitors.IsFirst || _monitors.ReadAll();
        SnapshotWait?[]? waits = isRight ? WaitsOfAll() : null;
        return waits is not null && (_monitors.IsFirst || _monitors.ReadAll()) ? waits : null;
    }

    /// <summary>Finds what only stacks refer to, and adds everything to the snapshot.</summary>
    /// <param name="waits">The waits. Waits for the end of a thread are added.</param>
    /// <param name="snapshot">The snapshot. The threads need not be in it yet, but have the indexes of the list.</param>
    public void AddTo(SnapshotWait?[] waits, SnapshotBuilder snapshot)
    {
        StackParts[] parts = [.. _context.Threads.Select(static t => new StackParts(t.Frames, t.StackEnd))];
        var held = new HeldLocks(_context, _table, _context.Layout.Headers!, _locks, _objects, _monitors);
        var waited = new WaitedObjects(_context);
        held.Find(parts, waited);
        var proofs = new WaitProofs(_context, _locks, waited);
        proofs.ReadFields();
        proofs.Prove(waits);
        new Joins(_context, waited).Find(waits);
        new Holders(_context, waited).Find();
        foreach (SnapshotLock entry in _locks.All)
            snapshot.Add(entry);
        foreach (SnapshotHeldLock frame in held.FindFrames(parts))
            snapshot.Add(frame);
        waited.AddTo(snapshot);
    }

    /// <summary>Whether the objects of threads are there, are threads, and have the ids that the runtime has.</summary>
    private static bool AreThreadsRight(LockContext context)
    {
        ThreadFields layout = context.Core.Thread!;
        int right = 0, wrong = 0;
        for (int i = 0; i < context.Threads.Count; i++)
        {
            if (context.Ids.Objects[i] is not (var managed and not 0) || context.Threads[i].Described.ManagedId is not { } id)
                continue;
            if (context.Types.TypeOf(managed) == layout.Type && context.Memory.TryRead(managed + layout.Id, out int same) && same == id)
                right++;
            else
                wrong++;
        }
        context.LacksMemory |= wrong > 0;
        return right > wrong;
    }

    private SnapshotWait?[]? WaitsOfAll()
    {
        var waits = new SnapshotWait?[_context.Threads.Count];
        int read = 0;
        for (int i = 0; i < waits.Length; i++)
        {
            int thread = i;
            _context.Try(() =>
            {
                waits[thread] = WaitOf(thread);
                read++;
            });
        }
        return read > 0 ? waits : null;
    }

    private SnapshotWait? WaitOf(int thread)
    {
        ProcessMemory memory = _context.Memory;
        if (_context.Core.Blocking is not { } layout || _context.Variables.AddressOf(_context.Threads[thread].Address, layout.Newest) is not (var variable and not 0)
            || memory.Pointer(variable) is not (var at and not 0))
        {
            return null;
        }
        var record = new BlockingRecord(memory.Pointer(at + layout.Object), memory.Read<uint>(at + layout.Kind), memory.Read<int>(at + layout.Timeout));
        // A thread that has just stopped to wait may not have removed its record.
        return _monitors.WaitOf(record) is { } wait && _locks.All[wait.Lock].Owner != thread
            ? new SnapshotWait(wait.Kind, wait.Lock, null, record.Timeout < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(record.Timeout))
            : null;
    }
}
