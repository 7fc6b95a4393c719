using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Stackflare.Interop;
using Stackflare.Processes;
using Stackflare.Runtime;
using Stackflare.Runtime.Heap;
using Stackflare.Snapshots;

namespace Stackflare.Capture.External;

/// <summary>
/// Takes snapshots of a running process from outside: by its memory and the registers of its threads, without its runtime. So it works if the runtime cannot
/// or will not answer. Threads that wait in the kernel are not stopped; the others are stopped only while their registers and stacks are copied.
/// For one snapshot.
/// </summary>
/// <param name="target">The process.</param>
/// <param name="readHost">Reads the process's information from /proc.</param>
/// <param name="reason">Why the runtime was not asked; null if that was wanted.</param>
internal sealed class ExternalSource(TargetProcess target, Func<ProcessFacts> readHost, StackflareException? reason) : ICaptureSource
{
    private const string Library = "/libcoreclr.so", YamaSetting = "/proc/sys/kernel/yama/ptrace_scope";

    /// <summary>Files that may contain the runtime, if the process has no library of this name.</summary>
    private const int MaxPrograms = 64;

    /// <summary>How often everything is read of a process that ran during the read.</summary>
    private const int StillAttempts = 5;

    /// <summary>More bytes on a swap device are a reason not to read the whole heap.</summary>
    private const long MaxSwapped = 16 << 20;

    private static readonly TimeSpan StillInterval = TimeSpan.FromMilliseconds(2);

    /// <summary>A look at all threads takes longer than a small part of a read.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>A read with the heap that takes longer is not repeated with the heap.</summary>
    private static readonly TimeSpan MaxRepeated = TimeSpan.FromMilliseconds(250);

    private const string Supported = "Processes of .NET 10 and 11 on x64 can be read from outside.";

    private readonly KernelThreadControl _kernel = new(target.Pid);

    /// <summary>What was stopped for this snapshot.</summary>
    private readonly List<ThreadStop> _stops = [];

    /// <summary>Why the heap is not read although it is wanted.</summary>
    private string? _withoutHeap;

    public Snapshot Capture(CaptureOptions options, CancellationToken cancellationToken)
    {
        if (!target.IsVisible)
            throw new StackflareException(StackflareError.Unsupported, "The process is not in /proc, so it cannot be read from outside.", "Run the tool where the process can be seen.");
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
            throw new StackflareException(StackflareError.Unsupported, "On this processor, processes cannot be read from outside.", Supported);
        try
        {
            return Read(options, cancellationToken);
        }
        catch (StackflareException) when (target.HasEnded())
        {
            throw StackflareException.NoSuchProcess(string.Create(CultureInfo.InvariantCulture, $"Process {target.Pid} has ended."));
        }
    }

    private Snapshot Read(CaptureOptions options, CancellationToken cancellationToken)
    {
        // In a series, the process may have ended since the last dump, and another one may have its id.
        CheckIdentity();
        // If memory becomes short because of the copies, the kernel must end this process and not the other.
        PreferredVictim.Become();
        using var live = new LiveMemory(target.Pid);
        Snapshot snapshot = ReadStill(live, options, cancellationToken) ?? ReadRunning(live, options.Limits, cancellationToken);
        CheckIdentity();
        return snapshot;
    }

    /// <summary>
    /// Reads everything, if no thread runs meanwhile; null if some do. Most programs that hang do nothing most of the time, but a timer wakes them now and then.
    /// </summary>
    private Snapshot? ReadStill(LiveMemory live, CaptureOptions options, CancellationToken cancellationToken)
    {
        HeapBudget? heap = HeapBudget.For(options.AsyncStacks, options.Limits) is { } budget
            ? budget with { Time = options.Limits.Timeout / 2, Hint = "A longer --timeout includes more." }
            : null;
        if (heap is not null && options.AsyncStacks is AsyncStackMode.Auto && ProcessFiles.SwappedBytes(target.Pid) > MaxSwapped)
            (heap, _withoutHeap) = (null, ExternalNotes.Swapped);
        // The rest of the time is for a read of the stacks alone.
        var deadline = Deadline.In(options.Limits.Timeout * (3 / 4.0), cancellationToken);
        for (int i = 0; i < StillAttempts && !deadline.Passed; i++)
        {
            if (i > 0)
                Thread.Sleep(StillInterval);
            if (Stillness.Find(_kernel) is not { } still)
                continue;
            var attempt = Stopwatch.StartNew();
            if (TryRead(live, options.Limits, still, heap, deadline) is { } snapshot)
                return snapshot;
            // It was going on: it must not be held again and again.
            if (_stops.Exists(static s => s.Interrupted > 0))
                break;
            // A large heap takes longer than some programs stand still.
            if (heap is not null && attempt.Elapsed > MaxRepeated)
                (heap, _withoutHeap) = (null, ExternalNotes.WithoutHeap);
        }
        cancellationToken.ThrowIfCancellationRequested();
        return null;
    }

    /// <summary>Reads the stacks. Objects move, and locks change hands, between two reads.</summary>
    private Snapshot ReadRunning(LiveMemory live, DumpLimits limits, CancellationToken cancellationToken) =>
        ReadOnce(live, limits, still: null, heap: null, cancellationToken.ThrowIfCancellationRequested)!;

    /// <summary>Reads everything once. Null if a thread has run meanwhile, or if it takes too long.</summary>
    private Snapshot? TryRead(LiveMemory live, DumpLimits limits, Stillness still, HeapBudget? heap, Deadline deadline)
    {
        var sinceLook = Stopwatch.StartNew();
        try
        {
            return ReadOnce(live, limits, still, heap, Check) is { } snapshot && still.Holds() ? snapshot : null;
        }
        // What was read of a process that ran can be anything.
        catch (Exception e) when (e is OperationCanceledException || !still.Holds())
        {
            return null;
        }

        void Check()
        {
            bool looks = sinceLook.Elapsed > LookInterval;
            if (deadline.Passed || (looks && !still.Holds()))
                throw new OperationCanceledException();
            if (looks)
                sinceLook.Restart();
        }
    }

    private Snapshot? ReadOnce(LiveMemory live, DumpLimits limits, Stillness? still, HeapBudget? heap, Action check)
    {
        MappedImages images = ReadMap().Images(target.RootPrefix);
        var copied = new CopiedMemory(live);
        var memory = new ProcessMemory(copied) { IsLive = still is null };
        RuntimeReader reader = OpenRuntime(live, memory, images);
        check();
        ProcessFacts host = readHost();
        DateTimeOffset now = DateTimeOffset.UtcNow;
        TimeSpan clock = Stopwatch.GetElapsedTime(0);
        List<ThreadPlace> places = [.. reader.Places(limits.MaxThreads)];
        // Threads and their stacks may have begun since the map was read.
        var copier = new ThreadCopier(_kernel, copied, live, ReadMap(), host.Tasks.HostId);
        CheckIdentity();
        if (copier.Copy(places, limits.MaxSnapshotBytes, limits.MaxPause, isStill: still is not null) is not { } stop)
            return null;
        _stops.Add(stop);
        if (still?.Renew(stop.Held) == false)
            return null;
        memory.Forget();
        copier.LeaveOutOthers(reader.Places(limits.MaxThreads), stop);
        var outside = new OutsideFacts(host, copier.Threads, now)
        {
            Stop = ExternalNotes.Length(_stops),
            ProcessId = target.NamespacePid,
            Clock = target.SharesClock ? clock : TimeSpan.Zero,
        };
        return reader.Read(outside, limits, () => (ExternalNotes.Of(_stops, still is not null, target.Pid, _withoutHeap), ExternalNotes.Why(reason)), heap, check);
    }

    /// <exception cref="StackflareException">The process has ended, or the ids in /proc are not those of this process's namespace.</exception>
    private void CheckIdentity()
    {
        if (target.HasEnded())
            throw StackflareException.NoSuchProcess(string.Create(CultureInfo.InvariantCulture, $"Process {target.Pid} has ended."));
        if (Path.GetFileName(File.ResolveLinkTarget("/proc/self", returnFinalTarget: false)?.FullName) is var self && self != Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
        {
            throw new StackflareException(
                StackflareError.Unsupported, "/proc is that of another pid namespace, so its ids are not those of the kernel's calls here.", "Run the tool where /proc is its own.");
        }
    }

    private MemoryMap ReadMap()
    {
        try
        {
            return MemoryMap.Parse(File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{target.Pid}/maps")));
        }
        catch (UnauthorizedAccessException)
        {
            throw Refused();
        }
        catch (IOException)
        {
            throw StackflareException.NoSuchProcess(string.Create(CultureInfo.InvariantCulture, $"Process {target.Pid} has ended."));
        }
    }

    /// <summary>Opens the runtime's library, or the program that contains the runtime.</summary>
    private RuntimeReader OpenRuntime(LiveMemory live, ProcessMemory memory, MappedImages images)
    {
        IEnumerable<MappedImage> libraries = images.All.Where(static i => i.Path.EndsWith(Library, StringComparison.Ordinal));
        foreach (MappedImage image in libraries.Concat(images.All.Where(static i => !i.Path.Contains(".so", StringComparison.Ordinal)).Take(MaxPrograms)))
        {
            if (ElfImage.Open(memory, image.Start)?.Export(ContractDescriptor.Symbol) is { } address and not 0 && ContractDescriptor.Read(memory, address) is { } descriptor)
                return RuntimeReader.Open(memory, descriptor, image.Path, images);
            if (live.IsRefused)
                throw Refused();
        }
        throw new StackflareException(
            StackflareError.Unsupported,
            target.Runtime.Version is { } version
                ? string.Create(CultureInfo.InvariantCulture, $"Process {target.Pid} runs on .NET {version}, which does not describe its data.")
                : string.Create(CultureInfo.InvariantCulture, $"The runtime of process {target.Pid} does not describe its data."),
            Supported);
    }

    /// <summary>The error of missing rights: the process has the same user, or ours is root.</summary>
    private StackflareException Refused()
    {
        string scope = "";
        if (File.Exists(YamaSetting) && File.ReadAllText(YamaSetting).Trim() is var setting and not "0")
            scope = $" (kernel.yama.ptrace_scope is {setting})";
        return new StackflareException(
            StackflareError.AccessDenied,
            string.Create(CultureInfo.InvariantCulture, $"The kernel does not let this process read the memory of process {target.Pid}{scope}."),
            "Run as root or with CAP_SYS_PTRACE; in a container, the seccomp profile must allow process_vm_readv and ptrace.");
    }
}
