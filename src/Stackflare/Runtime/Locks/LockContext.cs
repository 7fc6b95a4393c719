using Stackflare.Runtime.Stacks;
using Stackflare.Runtime.Types;
using Stackflare.Snapshots;

namespace Stackflare.Runtime.Locks;

/// <summary>A thread with its stack, before it is added to the snapshot.</summary>
/// <param name="Address">The runtime's thread.</param>
/// <param name="Described">What is known of it otherwise.</param>
/// <param name="Frames">Its frames, innermost first.</param>
/// <param name="StackEnd">Where the part of the outermost frame ends; 0 if the stack was not walked.</param>
internal sealed record WalkedThread(ulong Address, SnapshotThread Described, List<WalkedFrame> Frames, ulong StackEnd);

/// <summary>What the parts of this folder share: the threads, and what is known of the runtime's layout.</summary>
internal sealed class LockContext : IDisposable
{
    /// <summary>A program has one System.Threading.dll, or one for each of its versions.</summary>
    private const int MaxOpened = 4;

    private readonly List<NamedTypes> _opened = [];

    public required ProcessMemory Memory { get; init; }

    public required LockLayouts Layout { get; init; }

    public required ThreadLayout ThreadLayout { get; init; }

    /// <summary>CoreLib's types.</summary>
    public required NamedTypes CoreLib { get; init; }

    public required CoreLayouts Core { get; init; }

    public required TypeReader Types { get; init; }

    public required MethodReader Methods { get; init; }

    public required ModuleImages Images { get; init; }

    public required IReadOnlyList<WalkedThread> Threads { get; init; }

    public required ThreadIds Ids { get; init; }

    public required ThreadVariables Variables { get; init; }

    /// <summary>Opens another module.</summary>
    public required Func<ulong, NamedTypes?> Open { private get; init; }

    /// <summary>Whether a monitor is a Lock, and a wait that of managed code (.NET 11).</summary>
    public bool HasManagedMonitors => Layout.ManagedMonitors is not null;

    /// <summary>Whether a limit cut something off.</summary>
    public bool IsTruncated { get; set; }

    /// <summary>Whether memory that is needed is missing, or cannot be right.</summary>
    public bool LacksMemory { get; set; }

    /// <summary>Whether a thread waits, as the runtime sees it.</summary>
    public bool Waits(int thread) =>
        Memory.TryRead(Threads[thread].Address + ThreadLayout.State, out uint state) && (state & ThreadLayout.Waits) != 0;

    /// <summary>The types of another module; null if its metadata is missing, or if too many are open.</summary>
    public NamedTypes? TypesOf(ulong module)
    {
        if (_opened.Count == MaxOpened)
        {
            IsTruncated = true;
            return null;
        }
        if (Open(module) is not { } types)
            return null;
        _opened.Add(types);
        return types;
    }

    public void Dispose() => _opened.ForEach(static t => t.Dispose());

    /// <summary>Does without a part if its memory is missing.</summary>
    public void Try(Action read)
    {
        try
        {
            read();
        }
        catch (MissingMemoryException)
        {
            LacksMemory = true;
        }
    }
}

/// <summary>The threads by their ids. An id that two threads have identifies none.</summary>
internal sealed class ThreadIds
{
    private readonly Dictionary<uint, int?> _managed = [], _kernel = [];
    private readonly Dictionary<ulong, int?> _objects = [];

    /// <param name="threads">The threads.</param>
    /// <param name="isComplete">Whether these are all.</param>
    /// <param name="memory">The process's memory.</param>
    /// <param name="layout">Where a thread refers to its object.</param>
    public ThreadIds(IReadOnlyList<WalkedThread> threads, bool isComplete, ProcessMemory memory, ThreadLayout layout)
    {
        // A thread whose id is missing may have any.
        IsComplete = isComplete && threads.All(static t => t.Described is { ManagedId: not (null or 0), OsId: not 0 });
        Objects = new ulong[threads.Count];
        for (int i = 0; i < threads.Count; i++)
        {
            if (threads[i].Described.ManagedId is { } managed and not 0)
                Add(_managed, (uint)managed, i);
            if (threads[i].Described.OsId is var kernel and not 0)
                Add(_kernel, (uint)kernel, i);
            if (memory.TryRead(threads[i].Address + layout.Object, out ulong handle) && handle != 0 && memory.TryRead(handle, out Objects[i]) && Objects[i] != 0)
                Add(_objects, Objects[i], i);
        }
    }

    /// <summary>Whether an id that is not known belongs to a thread that has ended.</summary>
    public bool IsComplete { get; }

    /// <summary>The managed objects of the threads; 0 for one without.</summary>
    public ulong[] Objects { get; }

    public int? OfManaged(uint id) => _managed.GetValueOrDefault(id);

    public int? OfKernel(uint id) => _kernel.GetValueOrDefault(id);

    /// <summary>The thread with a managed object.</summary>
    public int? OfObject(ulong address) => _objects.GetValueOrDefault(address);

    /// <summary>Whether no thread has an id, as the one that had it has ended.</summary>
    public bool HasManagedEnded(uint id) => IsComplete && id != 0 && !_managed.ContainsKey(id);

    /// <summary>The same for a kernel's id.</summary>
    public bool HasKernelEnded(uint id) => IsComplete && id != 0 && !_kernel.ContainsKey(id);

    private static void Add<T>(Dictionary<T, int?> ids, T id, int thread)
        where T : notnull => ids[id] = ids.ContainsKey(id) ? null : thread;
}
