using Stackflare.Runtime.Types;
using Stackflare.Snapshots;

namespace Stackflare.Runtime.Locks;

/// <summary>
/// The objects other than locks that threads wait for: semaphores, events, tasks, threads and others. The runtime does not record them. But a method needs
/// its object after the wait, so the innermost part of the stack refers to it: CoreLib's frames, or their caller. The name of the waiting method decides
/// later which of several objects it is.
/// </summary>
internal sealed class WaitedObjects
{
    private const int MaxObjects = 1 << 16, MaxReferences = 1 << 18, MaxBases = 16, MaxTypes = 1 << 16, MaxModules = 1 << 12;

    /// <summary>Of the stack between a call into the runtime and its record, and before the record, where the call keeps its arguments.</summary>
    private const ulong CallBytes = 2048, ProtectedBytes = 64;

    private const string ThreadingFile = "System.Threading.dll", ThreadingSpace = "System.Threading";

    private readonly LockContext _context;
    private readonly Dictionary<ulong, WaitedKind> _kinds = [];
    private readonly Dictionary<ulong, WaitedKind> _kindsOfTypes = [];
    private readonly Dictionary<ulong, NamedTypes?> _threading = [];
    private readonly Dictionary<ulong, uint?> _counts = [];
    private readonly Dictionary<ulong, int> _indexes = [];
    private readonly List<WaitedObject> _objects = [];
    private readonly Dictionary<(int Thread, int Object, int Frame), Reference> _references = [];

    public WaitedObjects(LockContext context)
    {
        _context = context;
        CoreLayouts core = context.Core;
        foreach ((ulong? type, WaitedKind kind) in ((ulong?, WaitedKind)[])
        [
            (core.Semaphore?.Type, WaitedKind.SemaphoreSlim), (core.Event?.Type, WaitedKind.EventSlim), (core.ReaderWriter?.Type, WaitedKind.ReaderWriterLockSlim),
            (core.Task?.Type, WaitedKind.Task), (core.WaitHandle?.Type, WaitedKind.WaitHandle), (core.Thread?.Type, WaitedKind.Thread),
        ])
        {
            if (type is { } known)
                _kinds[known] = kind;
        }
    }

    public IReadOnlyList<WaitedObject> All => _objects;

    /// <summary>What threads refer to, by thread and object; more than once if several frames do.</summary>
    public IReadOnlyCollection<Reference> References => _references.Values;

    /// <summary>The part of a thread's stack that must refer to what it waits for; nothing if it does not wait.</summary>
    public (ulong From, ulong To) PartOf(int thread, StackParts stack)
    {
        if (!_context.Waits(thread))
            return default;
        WalkedThread walked = _context.Threads[thread];
        ulong from = stack.Begin;
        // Some calls into the runtime have no managed frame that keeps their object. Then it is next to the runtime's record of the call, right below.
        if (_context.Memory.TryRead(walked.Address + _context.ThreadLayout.Frame, out ulong record) && record < from && from - record <= CallBytes)
            from = record - ProtectedBytes;
        int frame = stack.First;
        while (frame < walked.Frames.Count && IsOfFramework(thread, frame))
            frame++;
        return (from, stack.BeginOf(frame + 1));
    }

    /// <summary>Takes a word of that part, if it refers to such an object.</summary>
    public void See(int thread, StackParts stack, ulong at, ulong word)
    {
        if (word == _context.Ids.Objects[thread] || IndexOf(word) is not { } index)
            return;
        int frame = stack.FrameAt(at) ?? stack.First;
        if (_references.Count < MaxReferences)
            _references.TryAdd((thread, index, frame), new Reference(thread, frame, index));
        else
            _context.IsTruncated = true;
    }

    /// <summary>Adds a reference without a frame.</summary>
    public void Add(int thread, int index, bool holdsRead = false, bool runs = false)
    {
        var key = (thread, index, -1);
        if (!_references.TryGetValue(key, out Reference? reference))
        {
            if (_references.Count >= MaxReferences)
            {
                _context.IsTruncated = true;
                return;
            }
            _references[key] = reference = new Reference(thread, null, index);
        }
        reference.HoldsRead |= holdsRead;
        reference.Runs |= runs;
    }

    /// <summary>The index of an object of one of the kinds, known or new; null if it is none.</summary>
    public int? IndexOf(ulong address)
    {
        if (Find(address) is { } known)
            return known;
        if (_context.Types.TypeOf(address) is not (var type and not 0) || KindOf(type) is not (var kind and not WaitedKind.None))
            return null;
        if (_objects.Count == MaxObjects)
        {
            _context.IsTruncated = true;
            return null;
        }
        _objects.Add(new WaitedObject(address, kind, type));
        return _indexes[address] = _objects.Count - 1;
    }

    /// <summary>The index of an object that was found before.</summary>
    public int? Find(ulong address) => _indexes.TryGetValue(address, out int index) ? index : null;

    /// <summary>Adds what was found to the snapshot.</summary>
    public void AddTo(SnapshotBuilder snapshot)
    {
        var indexes = new int?[_objects.Count];
        for (int i = 0; i < indexes.Length; i++)
        {
            if (_objects[i] is { Kind: < WaitedKind.Thread and not WaitedKind.None } known)
            {
                indexes[i] = snapshot.Add(new SnapshotObject
                {
                    Address = known.Address,
                    Kind = (SnapshotObjectKind)(known.Kind - 1),
                    Type = _context.Types.IndexOf(known.Type),
                    Owner = known.Owner,
                    Upgrader = known.Upgrader,
                    Count = known.Count,
                });
            }
        }
        foreach (Reference reference in _references.Values)
        {
            if (indexes[reference.Object] is { } index)
                snapshot.Add(new SnapshotReference(reference.Thread, reference.Frame, index, reference.IsProven, reference.HoldsRead, reference.Runs));
        }
    }

    /// <summary>Whether a frame is CoreLib's or the runtime's, or that of a class which waits itself.</summary>
    private bool IsOfFramework(int thread, int frame) =>
        _context.Threads[thread].Frames[frame].Block is not { } block || _context.Methods.TypeOrNone(block.Method) is not (var type and not 0)
        || _context.Types.ModuleOf(type) is var module && (module == _context.CoreLib.Module || Threading(module) is not null);

    private WaitedKind KindOf(ulong type)
    {
        if (_kindsOfTypes.TryGetValue(type, out WaitedKind kind))
            return kind;
        // Most words refer to something else.
        if (!_context.Types.IsType(type))
            return WaitedKind.None;
        if (_kindsOfTypes.Count == MaxTypes)
        {
            _context.IsTruncated = true;
            return WaitedKind.None;
        }
        return _kindsOfTypes[type] = FindKind(type);
    }

    private WaitedKind FindKind(ulong type)
    {
        ulong known = type;
        for (int depth = 0; depth < MaxBases && known != 0; depth++, known = _context.Types.ParentOf(known))
        {
            if (_kinds.TryGetValue(known, out WaitedKind kind))
                return kind;
        }
        return Threading(_context.Types.ModuleOf(type)) is not { } threading ? WaitedKind.None
            : threading.Is(type, ThreadingSpace, "CountdownEvent") ? WaitedKind.CountdownEvent
            : threading.Is(type, ThreadingSpace, "Barrier") ? WaitedKind.Barrier
            : WaitedKind.None;
    }

    /// <summary>The assembly of CountdownEvent and Barrier; null if a module is another one.</summary>
    private NamedTypes? Threading(ulong module)
    {
        if (module == 0)
            return null;
        if (_threading.TryGetValue(module, out NamedTypes? types))
            return types;
        if (_threading.Count == MaxModules)
        {
            _context.IsTruncated = true;
            return null;
        }
        bool isThreading = _context.Images.PathOf(module) is { } path && Path.GetFileName(path) == ThreadingFile;
        return _threading[module] = isThreading ? _context.TypesOf(module) : null;
    }

    /// <summary>The count of an object that counts down; null if it is not known.</summary>
    public int? CountOf(WaitedObject countdown)
    {
        if (!_counts.TryGetValue(countdown.Type, out uint? place))
            _counts[countdown.Type] = place = Threading(_context.Types.ModuleOf(countdown.Type))?.Of(countdown.Type)?.Offset("_currentCount", FieldLayout.First);
        return place is { } offset && _context.Memory.TryRead(countdown.Address + offset, out int count) ? count : null;
    }
}

/// <summary>In the order of <see cref="SnapshotObjectKind"/>, whose first one is 0.</summary>
internal enum WaitedKind
{
    None,
    SemaphoreSlim,
    EventSlim,
    ReaderWriterLockSlim,
    Task,
    WaitHandle,
    CountdownEvent,
    Barrier,

    /// <summary>A managed thread, for whose end others may wait. It is not added to the snapshot.</summary>
    Thread,
}

/// <summary>An object that a thread may wait for.</summary>
internal sealed class WaitedObject(ulong address, WaitedKind kind, ulong type)
{
    public ulong Address { get; } = address;

    public WaitedKind Kind { get; } = kind;

    public ulong Type { get; } = type;

    public int? Owner { get; set; }

    public int? Upgrader { get; set; }

    public int? Count { get; set; }
}

/// <summary>A reference from a thread to such an object.</summary>
internal sealed class Reference(int thread, int? frame, int index)
{
    public int Thread { get; } = thread;

    /// <summary>The frame; null if the thread itself refers to it.</summary>
    public int? Frame { get; } = frame;

    public int Object { get; } = index;

    public bool IsProven { get; set; }

    public bool HoldsRead { get; set; }

    public bool Runs { get; set; }
}
