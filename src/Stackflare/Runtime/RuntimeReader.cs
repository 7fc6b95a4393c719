using Stackflare.Processes;
using Stackflare.Runtime.Code;
using Stackflare.Runtime.Heap;
using Stackflare.Runtime.Locks;
using Stackflare.Runtime.Pool;
using Stackflare.Runtime.Stacks;
using Stackflare.Runtime.Types;
using Stackflare.Snapshots;
using static System.FormattableString;

namespace Stackflare.Runtime;

/// <summary>
/// Makes a snapshot of a process from its memory and the registers of its threads, without the runtime's help. It has what the probe's snapshot has, less
/// late timers.
/// </summary>
internal sealed class RuntimeReader
{
    private readonly ProcessMemory _memory;
    private readonly RuntimeLayout _layout;
    private readonly MappedImages _images;
    private readonly string _runtime;

    private RuntimeReader(ProcessMemory memory, RuntimeLayout layout, MappedImages images, string runtime, Version version)
    {
        _runtime = runtime;
        _memory = memory;
        _layout = layout;
        _images = images;
        Version = version;
    }

    public Version Version { get; }

    /// <summary>Opens a process whose runtime describes itself at an address.</summary>
    /// <param name="memory">The process's memory.</param>
    /// <param name="descriptor">What the runtime says of its data.</param>
    /// <param name="runtime">The path of the runtime's library or of the single-file program.</param>
    /// <param name="images">The files from which it has mapped code.</param>
    /// <exception cref="StackflareException">The layout of the runtime's data is not known.</exception>
    public static RuntimeReader Open(ProcessMemory memory, ContractDescriptor descriptor, string runtime, MappedImages images)
    {
        var layout = new RuntimeLayout(descriptor);
        Version version = VersionOf(memory, layout, runtime);
        if (layout is not { Threads: not null, Code: not null, Methods: not null, Modules: not null, Frames: not null, Types: not null })
        {
            throw new StackflareException(
                StackflareError.Unsupported,
                version.Major is 0 ? "The process uses a .NET whose data layout is not known, for example .NET 9." : Invariant($"The process uses .NET {version}, whose data layout is not known."),
                "Stacks can be read from outside on .NET 10 and 11. Use a debugger, or a later version of Stackflare.");
        }
        return new RuntimeReader(memory, layout, images, runtime, version);
    }

    /// <summary>The name of the program's assembly; null if it is missing.</summary>
    public string? ProgramName()
    {
        try
        {
            return _layout.Domain is { } domain && _memory.Pointer(_memory.Pointer(domain.Variable) + domain.Program) is var program and not 0
                ? Path.GetFileNameWithoutExtension(new ModuleImages(_memory, _layout).PathOf(_memory.Pointer(program + domain.Module)))
                : null;
        }
        catch (MissingMemoryException)
        {
            return null;
        }
    }

    /// <summary>The threads that the runtime knows and where its records of them are, for a source that must copy what changes.</summary>
    /// <param name="limit">The largest number of threads.</param>
    public IEnumerable<ThreadPlace> Places(int limit)
    {
        ThreadLayout layout = _layout.Threads!;
        foreach (ulong thread in RuntimeThreads.List(_memory, layout, limit, out _))
        {
            if (_memory.TryRead(thread + layout.OsId, out ulong id) && id is > 0 and <= int.MaxValue)
                yield return new ThreadPlace((int)id, thread, (int)layout.Bytes);
        }
    }

    /// <summary>Reads all threads.</summary>
    /// <param name="host">What is known of the process otherwise.</param>
    /// <param name="stopped">What is known of threads from outside, by the kernel's ids.</param>
    /// <param name="capturedAt">The time of the snapshot.</param>
    /// <param name="limits">Limits on threads, frames and bytes.</param>
    /// <param name="notes">Says, at the end, what the memory could not provide.</param>
    /// <param name="asyncStacks">Whether the heap is read for async methods. Only of a process that does not run.</param>
    /// <param name="stop">How long threads were stopped for it.</param>
    /// <param name="processId">The id of the process in its own pid namespace; null if it is the host's.</param>
    public Snapshot Read(
        ProcessFacts host, IReadOnlyDictionary<int, StoppedThread> stopped, DateTimeOffset capturedAt, DumpLimits limits, Func<(IEnumerable<string> Plain, IEnumerable<string> WithNames)> notes,
        AsyncStackMode asyncStacks = AsyncStackMode.Never, TimeSpan stop = default, int? processId = null)
    {
        List<string> ownNotes = [], withNames = [], heapNotes = [];
        var builder = new SnapshotBuilder
        {
            Host = host,
            ProcessId = processId,
            RuntimeVersion = Version,
            CapturedAt = capturedAt,
            Timings = new CaptureTimings(stop, default, default, default, 0),
            Notes = ownNotes,
            NotesWithNames = withNames,
        };
        var moduleImages = new ModuleImages(_memory, _layout);
        var modules = new ModuleReader(_memory, _layout, moduleImages, builder, limits.MaxSnapshotBytes);
        var types = new TypeReader(_memory, _layout, modules, builder);
        TypeFields? fields = _layout.Fields is null ? null : new TypeFields(_memory, _layout, moduleImages);
        var methods = new MethodReader(_memory, _layout, moduleImages, modules, types, builder) { CoreLib = CoreLib.Find(_memory, _layout) };
        var code = new CodeMap(_memory, _layout.Code!, _layout.Images is { } ahead ? new ReadyToRunCode(_memory, _layout.Code!, ahead) : null);
        var walker = new StackWalker(_memory, _layout, code, methods, _images);
        var threads = new RuntimeThreads(_memory, _layout, types, new ManagedObjects(_memory, _layout, types, fields));
        var frames = new FrameReader(_memory, _layout, methods, new NativeSymbols(_memory, _images), builder);
        AsyncHeap? heap = HeapBudget.For(asyncStacks, limits) is { } budget ? AsyncHeap.Open(_memory, _layout, moduleImages, DebuggerTable(), (types, fields, methods, code, builder), budget, heapNotes) : null;
        int left = limits.MaxFrames, lost = 0, replaced = 0, withoutRegisters = 0;
        List<ulong> list = RuntimeThreads.List(_memory, _layout.Threads!, limits.MaxThreads, out bool isComplete);
        var walked = new List<WalkedThread>();
        foreach (ulong thread in list)
        {
            StoppedThread? outside = stopped.GetValueOrDefault(threads.OsId(thread));
            WalkEnd end = WalkEnd.Broken;
            // In a process that runs, a thread that was not copied is somewhere else by now.
            bool mayWalk = outside is { Registers: not null } || (outside is null && !_memory.IsLive);
            List<WalkedFrame> stack = !mayWalk ? [] : walker.Walk(thread, outside?.Registers, Math.Min(limits.MaxFramesPerThread, left), out end);
            left -= stack.Count;
            lost += end == WalkEnd.InnermostLost ? 1 : 0;
            replaced += end == WalkEnd.Replaced ? 1 : 0;
            withoutRegisters += outside is null && !_memory.IsLive ? 1 : 0;
            heap?.LookAt(walked.Count, thread, stack);
            walked.Add(new WalkedThread(thread, threads.Describe(thread) with
            {
                Stack = frames.IndexesOf(stack),
                Completeness = Completeness(stack, end),
                CpuTime = outside?.CpuTime,
                IsAsleep = outside is { IsAsleep: true },
                IsInManagedCode = stack.Find(static f => f.Block is not null).IsExact,
            }, stack, walker.StackEnd));
        }
        // In a process that runs, objects move, and locks change hands between two reads.
        using NamedTypes? core = _memory.IsLive ? null : NamedTypes.Open(_memory, _layout, moduleImages, types, CoreLib.Find(_memory, _layout));
        using LockReader? locks = LockReader.Open(_memory, _layout, core, types, methods, moduleImages, walked, isComplete && !_memory.IsExhausted);
        bool hasLocks = AddThreads(walked, locks, builder);
        builder.AreLocksWhole = hasLocks && isComplete && !_memory.IsExhausted && locks is { IsPartial: false, IsTruncated: false };
        builder.ThreadPool = PoolReader.Read(_memory, _layout, core, types, builder, out bool isPoolMissing);
        builder.Heap = heap?.Finish(heapNotes, Version);
        (IEnumerable<string> plain, IEnumerable<string> others) = notes();
        ownNotes.AddRange(plain);
        withNames.AddRange(others);
        if (!isComplete)
        {
            ownNotes.Add(list.Count == limits.MaxThreads
                ? Invariant($"Only {list.Count:N0} threads are listed: the limit on threads was reached.")
                : "Some threads are missing: a part of the runtime's list of threads could not be read.");
        }
        if (threads.LacksObjects)
            ownNotes.Add("Names of threads, and exceptions, may be missing: objects are not in the memory, or their layout is not known.");
        if (!_memory.IsLive)
            ownNotes.AddRange(ObjectNotes(hasLocks ? locks : null, isPoolMissing));
        if (lost > 0)
            ownNotes.Add(Invariant($"The innermost frames of {lost:N0} {(lost == 1 ? "thread" : "threads")} may be missing: the native code there has no unwind tables, or too many frames."));
        if (withoutRegisters > 0)
            ownNotes.Add(Invariant($"The innermost frames of {withoutRegisters:N0} {(withoutRegisters == 1 ? "thread" : "threads")} may be missing: registers are not known."));
        if (replaced > 0)
            ownNotes.Add(Invariant($"The stacks of {replaced:N0} {(replaced == 1 ? "thread" : "threads")} are cut: the runtime was about to stop {(replaced == 1 ? "it" : "them")}, and had replaced a return address."));
        if (frames.LacksLines)
            ownNotes.Add("Some frames have no lines: what the runtime says of their code is not known, or missing.");
        if (_memory.IsExhausted)
            ownNotes.Add("Threads, frames or names may be missing: the limit on reads of memory was reached. The memory may be damaged.");
        if (left <= 0)
            ownNotes.Add("Some stacks are cut short or missing: the limit on frames was reached.");
        if (types.IsFull || modules.IsFull)
            ownNotes.Add("Some methods and objects have no names: a limit on the number of types and assemblies was reached.");
        if (modules.IsTruncated)
            ownNotes.Add("Some assemblies that have no file were not copied, and their methods have no names or lines: the limit on bytes was reached.");
        ownNotes.AddRange(heapNotes);
        return builder.Build();
    }

    /// <summary>Adds the threads, with what they wait for. False if that is not known.</summary>
    private static bool AddThreads(List<WalkedThread> threads, LockReader? locks, SnapshotBuilder builder)
    {
        SnapshotWait?[]? waits = locks?.ReadWaits();
        if (waits is not null)
            locks!.AddTo(waits, builder);
        for (int i = 0; i < threads.Count; i++)
            builder.Add(threads[i].Described with { Wait = waits?[i] });
        return waits is not null;
    }

    /// <summary>What is missing because objects are missing.</summary>
    private static IEnumerable<string> ObjectNotes(LockReader? locks, bool isPoolMissing)
    {
        if (locks is null)
            yield return $"Locks{(isPoolMissing ? ", deadlocks and the state of the thread pool" : " and deadlocks")} are not available: the memory lacks them, or their layout is not known.";
        else if (isPoolMissing)
            yield return "The state of the thread pool is not available, or not complete: the memory lacks a part of it, or its layout is not known.";
        if (locks is { IsPartial: true })
            yield return "Some locks, or objects that threads wait for, may be missing: the memory lacks a part of them, or their layout is not known.";
        if (locks is { IsTruncated: true })
            yield return "Some locks, or objects that threads wait for, are missing: a limit on their number was reached.";
    }

    private static StackCompleteness Completeness(List<WalkedFrame> stack, WalkEnd end) => end switch
    {
        WalkEnd.Limit => stack.Count == 0 ? StackCompleteness.NotWalked : StackCompleteness.Truncated,
        WalkEnd.Broken or WalkEnd.Replaced => StackCompleteness.Broken,
        _ => stack.Exists(static f => f.Block is not null) ? StackCompleteness.Complete : StackCompleteness.NoManagedFrames,
    };

    /// <summary>The address of the runtime's table for debuggers; 0 if it is not known.</summary>
    private ulong DebuggerTable() =>
        _images.All.FirstOrDefault(i => i.Path == _runtime) is { } image ? ElfImage.Open(_memory, image.Start)?.Export(DebuggerLayout.Table) ?? 0 : 0;

    private static Version VersionOf(ProcessMemory memory, RuntimeLayout layout, string runtime)
    {
        string? text = layout.Version;
        if (text is null && TargetRuntime.VersionIn(runtime) is { } ofFolder)
            return ofFolder;
        if (text is null && layout.Modules is not null && CoreLib.Find(memory, layout) is var module and not 0)
            text = CoreLib.Version(new ModuleImages(memory, layout).Metadata(module));
        return TargetRuntime.Parse(text?.Split('-', '+')[0]) ?? new Version(0, 0, 0);
    }
}
