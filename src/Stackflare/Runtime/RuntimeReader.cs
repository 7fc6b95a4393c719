using Stackflare.Processes;
using Stackflare.Runtime.Code;
using Stackflare.Runtime.Stacks;
using Stackflare.Runtime.Types;
using Stackflare.Snapshots;
using static System.FormattableString;

namespace Stackflare.Runtime;

/// <summary>
/// Makes a snapshot of a process from its memory and the registers of its threads, without the runtime's help. It has what the probe's snapshot has, less
/// locks, objects that threads wait for, async methods and the thread pool.
/// </summary>
internal sealed class RuntimeReader
{
    private readonly ProcessMemory _memory;
    private readonly RuntimeLayout _layout;
    private readonly MappedImages _images;

    private RuntimeReader(ProcessMemory memory, RuntimeLayout layout, MappedImages images, Version version)
    {
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
        return new RuntimeReader(memory, layout, images, version);
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

    /// <summary>Reads all threads.</summary>
    /// <param name="host">What is known of the process otherwise.</param>
    /// <param name="stopped">What is known of threads from outside, by the kernel's ids.</param>
    /// <param name="capturedAt">The time of the snapshot.</param>
    /// <param name="limits">Limits on threads, frames and bytes.</param>
    /// <param name="notes">Says, at the end, what the memory could not provide.</param>
    public Snapshot Read(
        ProcessFacts host, IReadOnlyDictionary<int, StoppedThread> stopped, DateTimeOffset capturedAt, DumpLimits limits, Func<(IEnumerable<string> Plain, IEnumerable<string> WithNames)> notes)
    {
        List<string> ownNotes = [], withNames = [];
        var builder = new SnapshotBuilder { Host = host, RuntimeVersion = Version, CapturedAt = capturedAt, Notes = ownNotes, NotesWithNames = withNames };
        var moduleImages = new ModuleImages(_memory, _layout);
        var modules = new ModuleReader(_memory, _layout, moduleImages, builder, limits.MaxSnapshotBytes);
        var types = new TypeReader(_memory, _layout, modules, builder);
        var methods = new MethodReader(_memory, _layout, moduleImages, modules, types, builder) { CoreLib = CoreLib.Find(_memory, _layout) };
        var code = new CodeMap(_memory, _layout.Code!, _layout.Images is { } ahead ? new ReadyToRunCode(_memory, _layout.Code!, ahead) : null);
        var walker = new StackWalker(_memory, _layout, code, methods, _images);
        var threads = new RuntimeThreads(_memory, _layout, types, new ManagedObjects(_memory, _layout, moduleImages, types));
        var frames = new FrameReader(_memory, _layout, methods, builder);
        int left = limits.MaxFrames, lost = 0;
        List<ulong> list = threads.List(limits.MaxThreads, out bool isComplete);
        foreach (ulong thread in list)
        {
            StoppedThread? outside = stopped.GetValueOrDefault(threads.OsId(thread));
            List<WalkedFrame> stack = walker.Walk(thread, outside?.Registers, Math.Min(limits.MaxFramesPerThread, left), out WalkEnd end);
            left -= stack.Count;
            lost += end == WalkEnd.InnermostLost ? 1 : 0;
            builder.Add(threads.Describe(thread) with
            {
                Stack = frames.IndexesOf(stack),
                Completeness = Completeness(stack, end),
                CpuTime = outside?.CpuTime,
                IsInManagedCode = stack.Find(static f => f.Block is not null).IsExact,
            });
        }
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
        if (lost > 0)
            ownNotes.Add(Invariant($"The innermost frames of {lost:N0} {(lost == 1 ? "thread" : "threads")} may be missing: the native code there has no unwind tables."));
        if (left <= 0)
            ownNotes.Add("Some stacks are cut short or missing: the limit on frames was reached.");
        if (modules.IsTruncated)
            ownNotes.Add("Some assemblies that have no file were not copied, and their methods have no names or lines: the limit on bytes was reached.");
        return builder.Build();
    }

    private static StackCompleteness Completeness(List<WalkedFrame> stack, WalkEnd end) =>
        !stack.Exists(static f => f.Block is not null) ? (end == WalkEnd.Broken ? StackCompleteness.Broken : StackCompleteness.NoManagedFrames)
        : end switch { WalkEnd.Limit => StackCompleteness.Truncated, WalkEnd.Broken => StackCompleteness.Broken, _ => StackCompleteness.Complete };

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
