namespace Stackflare.Snapshots;

/// <summary>
/// Builds a snapshot. Every source uses it. Each item gets an index, by which other items can refer to it, even before it is added. Not thread-safe.
/// </summary>
internal sealed class SnapshotBuilder
{
    private readonly List<SnapshotModule> _modules = [];
    private readonly List<SnapshotType> _types = [];
    private readonly List<SnapshotMethod> _methods = [];
    private readonly List<SnapshotFrame> _frames = [];
    private readonly List<SnapshotThread> _threads = [];
    private readonly List<SnapshotLock> _locks = [];
    private readonly List<SnapshotHeldLock> _heldLocks = [];
    private readonly List<SnapshotObject> _objects = [];
    private readonly List<SnapshotReference> _references = [];
    private readonly List<SnapshotQueued> _queued = [];
    private readonly List<SnapshotDueTimers> _dueTimers = [];

    public required ProcessFacts Host { get; set; }

    /// <summary>The process id in the process's own pid namespace; the host's by default.</summary>
    public int? ProcessId { get; init; }

    /// <summary>The first three numbers are kept.</summary>
    public Version RuntimeVersion { get; init; } = new(0, 0, 0);

    public DateTimeOffset CapturedAt { get; init; } = DateTimeOffset.UnixEpoch;

    public CaptureTimings Timings { get; init; } = new(default, default, default, default, 0);

    public ThreadPoolState? ThreadPool { get; set; }

    public SnapshotHeap? Heap { get; set; }

    public bool IsSample { get; init; }

    public bool IsCut { get; init; }

    /// <summary>Whether nothing is missing of the locks and their holders; by default, if there is no note.</summary>
    public bool? AreLocksWhole { get; set; }

    public IReadOnlyList<string> Notes { get; init; } = [];

    public IReadOnlyList<string> NotesWithNames { get; init; } = [];

    public int Add(SnapshotModule module) => Add(_modules, module);

    public int Add(SnapshotType type) => Add(_types, type);

    public int Add(SnapshotMethod method) => Add(_methods, method);

    public int Add(in SnapshotFrame frame) => Add(_frames, frame);

    public int Add(SnapshotThread thread) => Add(_threads, thread);

    public int Add(SnapshotLock entry) => Add(_locks, entry);

    public int Add(SnapshotObject entry) => Add(_objects, entry);

    public void Add(in SnapshotQueued queued) => _queued.Add(queued);

    public void Add(in SnapshotDueTimers timers) => _dueTimers.Add(timers);

    /// <summary>Adds a reference from a thread to an object, in any order.</summary>
    public void Add(in SnapshotReference reference) => _references.Add(reference);

    /// <summary>Adds a frame that refers to a lock that its thread holds, in any order.</summary>
    public void Add(in SnapshotHeldLock held) => _heldLocks.Add(held);

    /// <summary>Checks that every referenced item exists.</summary>
    /// <exception cref="InvalidOperationException">An item is missing; the message says which.</exception>
    public Snapshot Build()
    {
        Check();
        return new Snapshot
        {
            Host = Host,
            ProcessId = ProcessId ?? Host.ProcessId,
            RuntimeVersion = new Version(RuntimeVersion.Major, RuntimeVersion.Minor, Math.Max(0, RuntimeVersion.Build)),
            CapturedAt = CapturedAt,
            Timings = Timings,
            Threads = [.. _threads],
            Frames = [.. _frames],
            Methods = [.. _methods],
            Types = [.. _types],
            Modules = [.. _modules],
            Locks = [.. _locks],
            HeldLocks = [.. _heldLocks.OrderBy(static h => (h.Thread, h.Frame ?? int.MaxValue, h.Lock))],
            Objects = [.. _objects],
            References = [.. _references.OrderBy(static r => (r.Thread, r.Frame ?? int.MaxValue, r.Object))],
            ThreadPool = ThreadPool,
            Queued = [.. _queued],
            DueTimers = [.. _dueTimers],
            Heap = Heap,
            IsSample = IsSample,
            IsCut = IsCut,
            AreLocksWhole = AreLocksWhole ?? Notes.Count == 0,
            Notes = Notes,
            NotesWithNames = NotesWithNames,
        };
    }

    private void Check()
    {
        foreach (SnapshotType type in _types)
        {
            Check(type.Module, _modules.Count, "a type's module");
            Check(type.Arguments, "a type's argument");
        }
        foreach (SnapshotMethod method in _methods)
        {
            Check(method.Module, _modules.Count, "a method's module");
            Check(method.DeclaringType, _types.Count, "a method's type");
            Check(method.TypeArguments, "a method's type argument");
        }
        foreach (SnapshotFrame frame in _frames)
            Check(frame.Method, _methods.Count, "a frame's method");
        foreach (SnapshotThread thread in _threads)
        {
            foreach (int frame in thread.Stack.Span)
                Check(frame, _frames.Count, "a frame of a thread");
            Check(thread.ExceptionType, _types.Count, "the type of a thread's exception");
            foreach (SnapshotException exception in thread.Exceptions)
                Check(exception.Type, _types.Count, "the type of an exception");
            Check(thread.Wait?.Lock, _locks.Count, "the lock that a thread waits for");
            Check(thread.Wait?.OtherThread, _threads.Count, "the thread that a thread waits for");
        }
        foreach (SnapshotQueued queued in _queued)
            Check(queued.Type, _types.Count, "the type of work items");
        foreach (SnapshotDueTimers timers in _dueTimers)
        {
            Check(timers.Callback, _methods.Count, "a timer's callback");
            Check(timers.State, _types.Count, "the type of a timer's state");
        }
        foreach (SnapshotLock entry in _locks)
        {
            Check(entry.Type, _types.Count, "a lock's type");
            Check(entry.Owner, _threads.Count, "a lock's owner");
        }
        foreach (SnapshotHeldLock held in _heldLocks)
        {
            Check(held.Lock, _locks.Count, "a lock that is held");
            if (held.Thread != _locks[held.Lock].Owner)
                throw new InvalidOperationException("A thread holds a lock that another thread owns.");
            Check(held.Frame, _threads[held.Thread].Stack.Length, "the frame that holds a lock");
        }
        foreach (SnapshotObject entry in _objects)
        {
            Check(entry.Type, _types.Count, "an object's type");
            Check(entry.Owner, _threads.Count, "an object's owner");
            Check(entry.Upgrader, _threads.Count, "an object's upgrader");
        }
        foreach (SnapshotReference reference in _references)
        {
            Check(reference.Thread, _threads.Count, "a thread that refers to an object");
            Check(reference.Frame, _threads[reference.Thread].Stack.Length, "a frame that refers to an object");
            Check(reference.Object, _objects.Count, "an object that a thread refers to");
        }
        if (Heap is { } heap)
            Check(heap);
    }

    private void Check(SnapshotHeap heap)
    {
        ulong address = 0, resume = 0;
        foreach (ref readonly HeapObject entry in heap.Objects.AsSpan())
        {
            InOrder(entry.Address > address, "objects of the heap");
            address = entry.Address;
            Check(entry.Type, _types.Count, "the type of an object of the heap");
        }
        int type = -1;
        foreach (ref readonly TypeLayout layout in heap.Layouts.AsSpan())
        {
            InOrder(layout.Type > type, "layouts");
            type = layout.Type;
            Check(layout.Type, _types.Count, "a layout's type");
            Check(layout.Parent, _types.Count, "a layout's parent");
        }
        foreach (ref readonly RunningMethod running in heap.Running.AsSpan())
        {
            Check(running.Thread, _threads.Count, "a thread that runs a method");
            Check(running.Frame, _threads[running.Thread].Stack.Length, "a frame that runs a method");
            Check(running.Object, heap.Objects.Length, "a method that is run");
            Check(running.Next, heap.Objects.Length, "the continuation of a thread");
        }
        foreach (PostedMethod posted in heap.Posted)
        {
            Check(posted.Thread, _threads.Count, "a thread with a context");
            Check(posted.Object, heap.Objects.Length, "a method that waits in a context");
            Check(posted.Type, _types.Count, "a context's type");
            Check(posted.Keeper, _types.Count, "the type of what a context refers to");
            foreach (int other in posted.Others.Concat(posted.Holders))
                Check(other, _threads.Count, "a thread that refers to a context's work");
        }
        foreach (ref readonly SuspensionPoint suspension in heap.Suspensions.AsSpan())
        {
            InOrder(suspension.ResumeInfo > resume, "suspensions");
            resume = suspension.ResumeInfo;
            Check(suspension.Frame, _frames.Count, "the frame of a suspension");
        }
    }

    private void Check(ReadOnlyMemory<int?> types, string what)
    {
        foreach (int? type in types.Span)
            Check(type, _types.Count, what);
    }

    private static int Add<T>(List<T> list, T item)
    {
        list.Add(item);
        return list.Count - 1;
    }

    private static void Check(int? index, int count, string what)
    {
        if (index is { } at && (uint)at >= (uint)count)
            throw new InvalidOperationException($"Index {at} of {count} is out of range: {what}.");
    }

    private static void InOrder(bool isInOrder, string what)
    {
        if (!isInOrder)
            throw new InvalidOperationException($"Out of order or duplicate: {what}.");
    }
}
