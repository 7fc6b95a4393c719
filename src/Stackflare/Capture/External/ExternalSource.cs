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

    /// <summary>The files that the process has mapped.</summary>
    private MappedImages? _images;

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
        Snapshot snapshot = ReadStill(live, options, cancellationToken, out Copies? last) ?? ReadRunning(live, options.Limits, last, cancellationToken);
        WaitTimes.Measure(snapshot);
        CheckIdentity();
        return snapshot;
    }

    /// <summary>
    /// Reads everything, if no thread runs meanwhile; null if some do. Most programs that hang do nothing most of the time, but a timer wakes them now and then.
    /// </summary>
    /// <param name="live">The memory.</param>
    /// <param name="options">What is wanted.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="last">The copies of the last attempt. Each stack in them is of one moment; null if there are none.</param>
    private Snapshot? ReadStill(LiveMemory live, CaptureOptions options, CancellationToken cancellationToken, out Copies? last)
    {
        last = null;
        DumpLimits limits = options.Limits;
        HeapBudget? heap = HeapBudget.For(options.AsyncStacks, limits) is { } budget ? budget with { Time = limits.Timeout / 4, Hint = "A longer time limit includes more." } : null;
        if (heap is not null && options.AsyncStacks is AsyncStackMode.Auto && ProcessFiles.SwappedBytes(target.Pid) > MaxSwapped)
            (heap, _withoutHeap) = (null, ExternalNotes.Swapped);
        // The rest of the time is for a read of the stacks alone.
        var deadline = Deadline.In(limits.Timeout / 3, cancellationToken);
        for (int i = 0; i < StillAttempts && !deadline.Passed; i++)
        {
            // A process that is being stopped may take a moment.
            if (i > 0)
                Thread.Sleep(StillInterval * (1 << i));
            if (Stillness.Find(_kernel) is not { } still || Copy(live, limits, still) is not { } copies)
                continue;
            last = copies;
            var attempt = Stopwatch.StartNew();
            if (!deadline.Passed && still.Renew(copies.Stop.Held) && TryRead(live, copies, limits, still, heap, cancellationToken) is { } snapshot)
                return snapshot;
            // It was going on: it must not be held again and again.
            if (copies.Stop.Interrupted > 0)
                break;
            // A large heap takes longer than some programs stand still.
            if (heap is not null && attempt.Elapsed > MaxRepeated)
                (heap, _withoutHeap) = (null, ExternalNotes.WithoutHeap);
        }
        cancellationToken.ThrowIfCancellationRequested();
        return null;
    }

    /// <summary>Reads the stacks. Objects move, and locks change hands, between two reads.</summary>
    private Snapshot ReadRunning(LiveMemory live, DumpLimits limits, Copies? last, CancellationToken cancellationToken) =>
        ReadCopies(live, last ?? Copy(live, limits, still: null)!, limits, isStill: false, heap: null, cancellationToken.ThrowIfCancellationRequested);

    /// <summary>Reads everything. Null if a thread has run meanwhile.</summary>
    private Snapshot? TryRead(LiveMemory live, Copies copies, DumpLimits limits, Stillness still, HeapBudget? heap, CancellationToken cancellationToken)
    {
        var sinceLook = Stopwatch.StartNew();
        try
        {
            Snapshot snapshot = ReadCopies(live, copies, limits, isStill: true, heap, Check);
            return still.Holds() ? snapshot : null;
        }
        // What was read of a process that ran can be anything.
        catch (Exception e) when (e is OperationCanceledException || !still.Holds())
        {
            return null;
        }

        void Check()
        {
            bool looks = sinceLook.Elapsed > LookInterval;
            if (cancellationToken.IsCancellationRequested || (looks && !still.Holds()))
                throw new OperationCanceledException();
            if (looks)
                sinceLook.Restart();
        }
    }

    /// <summary>Copies the stacks of all threads. Null if a thread runs that should not.</summary>
    /// <param name="live">The memory.</param>
    /// <param name="limits">Limits on threads, bytes and time.</param>
    /// <param name="still">That no thread runs; null if some do, which are then stopped.</param>
    private Copies? Copy(LiveMemory live, DumpLimits limits, Stillness? still)
    {
        var copied = new CopiedMemory(live);
        RuntimeReader reader = Open(live, new ProcessMemory(live) { IsLive = true });
        ProcessFacts host = readHost();
        DateTimeOffset now = DateTimeOffset.UtcNow;
        TimeSpan clock = target.SharesClock ? Stopwatch.GetElapsedTime(0) : TimeSpan.Zero;
        List<ThreadPlace> places = [.. reader.Places(limits.MaxThreads)];
        // Threads and their stacks may have begun since the map was read.
        var copier = new ThreadCopier(_kernel, copied, live, ReadMap(), host.Tasks.HostId);
        CheckIdentity();
        if (copier.Copy(places, limits.MaxSnapshotBytes, limits.MaxPause, isStill: still is not null) is not { } stop)
            return null;
        _stops.Add(stop);
        return new Copies(copied, copier, stop, new OutsideFacts(host, copier.Threads, now) { ProcessId = target.NamespacePid, Clock = clock });
    }

    private Snapshot ReadCopies(LiveMemory live, Copies copies, DumpLimits limits, bool isStill, HeapBudget? heap, Action check)
    {
        RuntimeReader reader = Open(live, new ProcessMemory(copies.Memory) { IsLive = !isStill });
        copies.Copier.LeaveOutOthers(reader.Places(limits.MaxThreads), copies.Stop);
        check();
        OutsideFacts outside = copies.Facts with { Stop = isStill ? TimeSpan.Zero : ExternalNotes.Length(_stops) };
        return reader.Read(outside, limits, () => (ExternalNotes.Of(_stops, isStill, Remedy(), _withoutHeap), ExternalNotes.Why(reason)), heap, check);
    }

    private RuntimeReader Open(LiveMemory live, ProcessMemory memory) => OpenRuntime(live, memory, _images ??= ReadMap().Images(target.RootPrefix));

    /// <summary>How to have what is missing of a process that runs.</summary>
    private string Remedy() => target.IsStopped()
        ? "Not all of them had stopped yet. Try again."
        : string.Create(CultureInfo.InvariantCulture, $"To have them, stop it for the dump: kill -STOP {target.Pid}, and kill -CONT {target.Pid} afterwards.");

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

    /// <summary>Stacks, and what is known otherwise at that moment.</summary>
    /// <param name="Memory">The memory with the copies in it.</param>
    /// <param name="Copier">What has copied them.</param>
    /// <param name="Stop">What was stopped for it.</param>
    /// <param name="Facts">What is known from outside.</param>
    private sealed record Copies(CopiedMemory Memory, ThreadCopier Copier, ThreadStop Stop, OutsideFacts Facts);
}
