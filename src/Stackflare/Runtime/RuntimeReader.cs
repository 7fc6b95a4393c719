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
    /// <param name="outside">What is known of the process otherwise.</param>
    /// <param name="limits">Limits on threads, frames and bytes.</param>
    /// <param name="notes">Says, at the end, what the memory could not provide.</param>
    /// <param name="budget">Limits for reading the heap for async methods; null if it is not read. Only of a process that does not run.</param>
    /// <param name="check">Called now and then; what it throws ends the read.</param>
    public Snapshot Read(OutsideFacts outside, DumpLimits limits, Func<(IEnumerable<string> Plain, IEnumerable<string> WithNames)> notes, HeapBudget? budget = null, Action? check = null)
    {
        ProcessFacts host = outside.Host;
        List<string> plain = [], withNames = [], heapNotes = [];
        var builder = new SnapshotBuilder
        {
            Host = host,
            ProcessId = outside.ProcessId,
            RuntimeVersion = Version,
            CapturedAt = outside.CapturedAt,
            Timings = new CaptureTimings(outside.Stop, default, default, default, 0),
            Notes = plain,
            NotesWithNames = withNames,
        };
        Readers readers = OpenReaders(builder, limits);
        AsyncHeap? heap = budget is not null
            ? AsyncHeap.Open(_memory, _layout, readers.Images, DebuggerTable(), (readers.Types, readers.Fields, readers.Methods, readers.Code, builder), budget, heapNotes)
            : null;
        check?.Invoke();
        Walk walk = WalkThreads(readers, outside.Threads, limits, outside.ProcessId ?? host.ProcessId, heap);
        if (walk.HasMainReturned && !host.Tasks.Ids.Contains(host.ProcessId))
            builder.Host = host with { Tasks = KernelTasks.FromSnapshot(new Dictionary<int, TaskStat> { [host.ProcessId] = new(host.ProgramName, '?', TimeSpan.Zero, 0) }) };
        check?.Invoke();
        // In a process that runs, objects move, and locks change hands between two reads.
        using NamedTypes? core = _memory.IsLive ? null : NamedTypes.Open(_memory, _layout, readers.Images, readers.Types, CoreLib.Find(_memory, _layout));
        using LockReader? locks = LockReader.Open(_memory, _layout, core, readers.Types, readers.Methods, readers.Images, walk.Threads, walk.HasAll && !_memory.IsExhausted);
        bool hasLocks = AddThreads(walk.Threads, locks, builder);
        builder.AreLocksWhole = hasLocks && walk is { HasAll: true, NotCopied: 0 } && !_memory.IsExhausted && locks is { IsPartial: false, IsTruncated: false };
        builder.ThreadPool = PoolReader.Read(_memory, _layout, core, readers.Types, builder, out bool isPoolMissing);
        builder.Heap = heap?.Finish(heapNotes, Version, outside.Clock);
        (IEnumerable<string> ofSource, IEnumerable<string> named) = notes();
        plain.AddRange(ofSource);
        withNames.AddRange(named);
        plain.AddRange(ThreadNotes(walk, readers.Threads, limits));
        if (!_memory.IsLive)
            plain.AddRange(ObjectNotes(hasLocks ? locks : null, isPoolMissing, walk.NotCopied > 0));
        plain.AddRange(StackNotes(walk, readers.Frames));
        plain.AddRange(LimitNotes(walk, readers));
        plain.AddRange(heapNotes);
        return builder.Build();
    }

    private Readers OpenReaders(SnapshotBuilder builder, DumpLimits limits)
    {
        var images = new ModuleImages(_memory, _layout);
        var modules = new ModuleReader(_memory, _layout, images, builder, limits.MaxSnapshotBytes);
        var types = new TypeReader(_memory, _layout, modules, builder);
        TypeFields? fields = _layout.Fields is null ? null : new TypeFields(_memory, _layout, images);
        var methods = new MethodReader(_memory, _layout, images, modules, types, builder) { CoreLib = CoreLib.Find(_memory, _layout) };
        var code = new CodeMap(_memory, _layout.Code!, _layout.Images is { } ahead ? new ReadyToRunCode(_memory, _layout.Code!, ahead) : null);
        var threads = new RuntimeThreads(_memory, _layout, types, new ManagedObjects(_memory, _layout, types, fields));
        var frames = new FrameReader(_memory, _layout, methods, new NativeSymbols(_memory, _images), builder);
        return new Readers(images, modules, types, fields, methods, code, threads, frames);
    }

    /// <summary>Walks the stacks of all threads.</summary>
    private Walk WalkThreads(Readers readers, IReadOnlyDictionary<int, StoppedThread> stopped, DumpLimits limits, int processId, AsyncHeap? heap)
    {
        bool hasProgram = ProgramName() is not null;
        var walker = new StackWalker(_memory, _layout, readers.Code, readers.Methods, _images);
        List<ulong> list = RuntimeThreads.List(_memory, _layout.Threads!, limits.MaxThreads, out bool hasAll);
        var walk = new Walk { HasAll = hasAll, FramesLeft = limits.MaxFrames };
        foreach (ulong thread in list)
        {
            StoppedThread? outside = stopped.GetValueOrDefault(readers.Threads.OsId(thread));
            WalkEnd end = WalkEnd.Broken;
            // In a process that runs, a thread that was not copied is somewhere else by now.
            bool mayWalk = outside is { Registers: not null } || (outside is null && !_memory.IsLive);
            List<WalkedFrame> stack = !mayWalk ? [] : walker.Walk(thread, outside?.Registers, Math.Min(limits.MaxFramesPerThread, walk.FramesLeft), out end);
            walk.FramesLeft -= stack.Count;
            SnapshotThread described = readers.Threads.Describe(thread);
            StackCompleteness completeness = Completeness(stack, end);
            // It then only waits for foreground threads, in the background, and the runtime lists it to nobody else. A host's own thread can look the same, without a program.
            if (hasProgram && described.OsId == processId && described.IsBackground == true && completeness == StackCompleteness.NoManagedFrames)
            {
                walk.HasMainReturned = true;
                continue;
            }
            walk.Lost += end == WalkEnd.InnermostLost ? 1 : 0;
            walk.Replaced += end == WalkEnd.Replaced ? 1 : 0;
            walk.NotCopied += mayWalk ? 0 : 1;
            walk.WithoutRegisters += outside is null && !_memory.IsLive ? 1 : 0;
            heap?.LookAt(walk.Threads.Count, thread, stack);
            walk.Threads.Add(new WalkedThread(thread, described with
            {
                Stack = readers.Frames.IndexesOf(stack),
                Completeness = completeness,
                CpuTime = outside?.CpuTime,
                IsAsleep = outside is { IsAsleep: true },
                IsInManagedCode = stack.Find(static f => f.Block is not null).IsExact,
            }, stack, walker.StackEnd));
        }
        return walk;
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

    /// <summary>What is missing of the list of threads, and of what it says of them.</summary>
    private static IEnumerable<string> ThreadNotes(Walk walk, RuntimeThreads threads, DumpLimits limits)
    {
        if (!walk.HasAll)
        {
            yield return walk.Threads.Count == limits.MaxThreads
                ? Invariant($"Only {walk.Threads.Count:N0} threads are listed: the limit on threads was reached.")
                : "Some threads are missing: a part of the runtime's list of threads could not be read.";
        }
        if (threads.LacksObjects)
            yield return "Names of threads, and exceptions, may be missing: objects are not in the memory, or their layout is not known.";
    }

    /// <summary>What is missing because objects are missing.</summary>
    private static IEnumerable<string> ObjectNotes(LockReader? locks, bool isPoolMissing, bool lacksStacks)
    {
        if (locks is null)
            yield return $"Locks{(isPoolMissing ? ", deadlocks and the state of the thread pool" : " and deadlocks")} are not available: the memory lacks them, or their layout is not known.";
        else if (isPoolMissing)
            yield return "The state of the thread pool is not available, or not complete: the memory lacks a part of it, or its layout is not known.";
        if (locks is not null && lacksStacks)
            yield return "Some locks, or objects that threads wait for, may be missing: stacks are missing.";
        if (locks is { IsPartial: true })
            yield return "Some locks, or objects that threads wait for, may be missing: the memory lacks a part of them, or their layout is not known.";
        if (locks is { IsTruncated: true })
            yield return "Some locks, or objects that threads wait for, are missing: a limit on their number was reached.";
    }

    /// <summary>What is missing of stacks.</summary>
    private static IEnumerable<string> StackNotes(Walk walk, FrameReader frames)
    {
        if (walk.Lost > 0)
            yield return Invariant($"The innermost frames of {Threads(walk.Lost)} may be missing: the native code there has no unwind tables, or too many frames.");
        if (walk.WithoutRegisters > 0)
            yield return Invariant($"The innermost frames of {Threads(walk.WithoutRegisters)} may be missing: registers are not known.");
        if (walk.Replaced > 0)
            yield return Invariant($"The stacks of {Threads(walk.Replaced)} are cut: the runtime was about to stop {(walk.Replaced == 1 ? "it" : "them")}, and had replaced a return address.");
        if (frames.LacksLines)
            yield return "Some frames have no lines: what the runtime says of their code is not known, or missing.";
    }

    /// <summary>What is missing because of a limit.</summary>
    private IEnumerable<string> LimitNotes(Walk walk, Readers readers)
    {
        if (_memory.IsExhausted)
            yield return "Threads, frames or names may be missing: the limit on reads of memory was reached. The memory may be damaged.";
        if (walk.FramesLeft <= 0)
            yield return "Some stacks are cut short or missing: the limit on frames was reached.";
        if (readers.Types.IsFull || readers.Modules.IsFull)
            yield return "Some methods and objects have no names: a limit on the number of types and assemblies was reached.";
        if (readers.Modules.IsTruncated)
            yield return "Some assemblies that have no file were not copied, and their methods have no names or lines: the limit on bytes was reached.";
    }

    private static string Threads(int count) => Invariant($"{count:N0} {(count == 1 ? "thread" : "threads")}");

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

    /// <summary>What describes the parts of the process.</summary>
    private sealed record Readers(
        ModuleImages Images, ModuleReader Modules, TypeReader Types, TypeFields? Fields, MethodReader Methods, CodeMap Code, RuntimeThreads Threads, FrameReader Frames);

    /// <summary>The threads with their stacks, and what is missing of these.</summary>
    private sealed class Walk
    {
        public List<WalkedThread> Threads { get; } = [];

        /// <summary>Whether these are all threads.</summary>
        public required bool HasAll { get; init; }

        /// <summary>Whether the first thread has come back from <c>Main</c>. It is left out.</summary>
        public bool HasMainReturned { get; set; }

        /// <summary>How many frames the limit still allows.</summary>
        public required int FramesLeft { get; set; }

        /// <summary>The threads whose innermost frames were not found, and those of which the runtime had replaced a return address.</summary>
        public int Lost { get; set; }

        public int Replaced { get; set; }

        public int WithoutRegisters { get; set; }

        /// <summary>The threads whose stacks are not walked, as they were not copied.</summary>
        public int NotCopied { get; set; }
    }
}
