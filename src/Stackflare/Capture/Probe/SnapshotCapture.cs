using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Stackflare.Interop;
using Stackflare.Processes;
using Stackflare.Snapshots.Format;

namespace Stackflare.Capture.Probe;

/// <summary>
/// Takes a snapshot of a process: listens for the probe, makes the runtime attach it, and receives its data. The same for
/// the current process and for others.
/// </summary>
internal static class SnapshotCapture
{
    private const int Cancelled = unchecked((int)0x80131375), SuspensionInProgress = unchecked((int)0x80131388);
    private const int ProfilerAlreadyActive = unchecked((int)0x8013136A), NotInitialized = unchecked((int)0x80131371);
    private const int NoSuchFile = unchecked((int)0x80070002), ModuleNotFound = unchecked((int)0x8007007E);
    private const string MayBeEnding = "Try again; the process may be ending.";

    /// <summary>Walking even the largest program takes less.</summary>
    private static readonly TimeSpan LongEnough = TimeSpan.FromSeconds(0.4);
    private const int NonceEnd = 32, ReserveMs = 100, FirstBuffer = 64 << 10;

    /// <param name="open">Opens a transport to the process. Each attempt needs a new one, and there can be two.</param>
    /// <param name="options">What to collect, and limits for threads, frames, bytes and time.</param>
    /// <param name="slots">What is known of the process's profiler slots.</param>
    /// <param name="tasks">The kernel's view of the process's threads, for those that prevent the capture.</param>
    /// <param name="cancellationToken">Ends the wait, like a timeout.</param>
    /// <exception cref="StackflareException">No snapshot could be taken; the error says why.</exception>
    public static RawSnapshot Take(Func<ProbeTransport> open, CaptureOptions options, ProfilerSlots slots, KernelTasks tasks, CancellationToken cancellationToken = default)
    {
        RawSnapshot snapshot = TakeAny(open, options, slots, cancellationToken);
        Check(snapshot, options.Limits, tasks);
        return snapshot;
    }

    /// <summary>
    /// Takes a snapshot of the current process in two steps, as the runtime attaches nothing once it begins to exit. Does not take the main slot. Until
    /// the capture ends, the runtime answers no other tool.
    /// </summary>
    /// <param name="open">Opens a transport to the process.</param>
    /// <param name="options">What to collect, and limits.</param>
    /// <param name="slots">What is known of the process's profiler slots.</param>
    /// <param name="tasks">The kernel's view of the process's threads.</param>
    /// <param name="hold">Called when the probe is attached. Returns when the capture must begin, or throws if it must not.</param>
    /// <exception cref="StackflareException">No snapshot could be taken; the error says why.</exception>
    public static RawSnapshot TakeHeld(Func<ProbeTransport> open, CaptureOptions options, ProfilerSlots slots, KernelTasks tasks, Action hold)
    {
        HeapLimits? heap = HeapLimits.For(options);
        RawSnapshot snapshot = Take(open, options, ProfilerClass.Beside, slots.CanReadHeapBeside ? heap : null, CancellationToken.None, hold);
        Check(snapshot, options.Limits, tasks);
        if (heap is not null && !slots.CanReadHeapBeside && !slots.HasNoHeap)
            snapshot.HeapOmission = HeapOmission.Held;
        return snapshot;
    }

    private static RawSnapshot TakeAny(Func<ProbeTransport> open, CaptureOptions options, ProfilerSlots slots, CancellationToken cancellationToken)
    {
        HeapLimits? heap = HeapLimits.For(options);
        if (heap is null)
            return Beside(open, options, slots, null, cancellationToken);
        if (slots.HasNoHeap)
            return Beside(open, options, slots, heap, cancellationToken);
        RawSnapshot? beside = null;
        if (slots.CanReadHeapBeside && !heap.Enumerate)
        {
            beside = Beside(open, options, slots, heap, cancellationToken);
            // Before a program has used tasks, there is nothing to walk, and that says nothing about the next time.
            slots.HasReadHeapBeside |= beside.Heap is { Info: { Status: HeapStatus.Walked, SeenObjects: > 0 } };
            if (slots.HasReadHeapBeside || beside.Heap is not { Info.Status: HeapStatus.NeedsMain })
                return beside;
        }
        HeapOmission omission = slots.WhyMainIsNotTaken(options);
        if (omission == HeapOmission.None)
        {
            try
            {
                RawSnapshot whole = Take(open, options, ProfilerClass.Main, heap with { Enumerate = true }, cancellationToken);
                slots.LostBesideCount = true;
                return whole;
            }
            catch (StackflareException e) when (e.HResult == ProfilerAlreadyActive)
            {
                // Only the main profiler may read the heap, and another profiler has that slot. A capture without the heap does not affect it.
                omission = HeapOmission.OtherMain;
            }
        }
        beside ??= Beside(open, options, slots, null, cancellationToken);
        beside.HeapOmission = omission;
        return beside;
    }

    /// <summary>Captures from a notification-only slot. If the runtime ignores it there, uses the main slot, unless that is forbidden.</summary>
    private static RawSnapshot Beside(Func<ProbeTransport> open, CaptureOptions options, ProfilerSlots slots, HeapLimits? heap, CancellationToken cancellationToken)
    {
        bool mayBeMain = slots.WhyMainIsNotTaken(options) == HeapOmission.None;
        RawSnapshot? beside = null;
        if (!slots.LostBesideCount || !mayBeMain)
        {
            beside = Take(open, options, ProfilerClass.Beside, heap, cancellationToken);
            slots.LostBesideCount = beside.WalkWasRefused;
            if (!slots.LostBesideCount || !mayBeMain)
                return beside;
        }
        try
        {
            return Take(open, options, ProfilerClass.Main, heap, cancellationToken);
        }
        catch (StackflareException e) when (e.HResult == ProfilerAlreadyActive)
        {
            return beside ?? Take(open, options, ProfilerClass.Beside, heap, cancellationToken);
        }
    }

    private static RawSnapshot Take(Func<ProbeTransport> open, CaptureOptions options, ProfilerClass profiler, HeapLimits? heap, CancellationToken cancellationToken, Action? hold = null)
    {
        DumpLimits limits = options.Limits;
        using ProbeTransport transport = open();
        var deadline = Deadline.In(limits.Timeout, cancellationToken);
        // Guids use the kernel's random source. The cryptography library would load OpenSSL for the same bytes.
        ulong nonce = BinaryPrimitives.ReadUInt64LittleEndian(RandomId.New().ToByteArray());
        ReadOnlyMemory<byte> bytes;
        try
        {
            using UnixSocket port = Connect(transport.SocketPath, limits, deadline);
            // In a world-writable /tmp, another user may have created a socket with that name first.
            (int Pid, uint User) runtime = port.Peer();
            if (transport.Pid != 0 && runtime.Pid != transport.Pid)
            {
                throw new StackflareException(
                    StackflareError.DiagnosticsUnreachable,
                    $"The diagnostics socket '{transport.SocketPath}' is not the process's own: process {runtime.Pid} listens on it.",
                    "Remove it and start the process again.");
            }
            byte[] request = Request(nonce, transport.Address, options, heap, hold is not null);
            // The probe itself waits for background collections during the pause, so the runtime must not wait.
            port.SendAll(DiagnosticsPort.AttachCommand(transport.ProbePath, profiler, request, heap is null ? limits.Timeout : TimeSpan.Zero));
            bytes = Receive(transport, port, runtime, nonce, limits, deadline, hold);
        }
        catch (IOException e)
        {
            // The connection closed before the command was sent: report it like a connection that closed later.
            throw StackflareException.CaptureFailed($"The connection to the runtime was lost: {e.Message}", MayBeEnding, errorCode: 0);
        }
        if (bytes.Length >= NonceEnd && !IsAnswer(bytes, nonce))
            throw new SnapshotFormatException("it is the answer to another request");
        return SnapshotReader.Read(bytes);
    }

    /// <summary>Whether the runtime could not load the probe, so that another location may work.</summary>
    public static bool CouldNotLoad(StackflareException error) => error.HResult is NoSuchFile or ModuleNotFound;

    private static UnixSocket Connect(RootedPath socketPath, DumpLimits limits, Deadline deadline)
    {
        try
        {
            return UnixSocket.Connect(socketPath, deadline);
        }
        catch (IOException) when (deadline.Passed)
        {
            // The connection queue is full, and the runtime's thread does not accept.
            throw new CaptureTimeoutException(limits.Timeout, "the runtime accepts no connection");
        }
        catch (IOException e)
        {
            throw new StackflareException(
                StackflareError.DiagnosticsUnreachable,
                $"The runtime's diagnostics socket '{socketPath}' accepts no connection ({e.Message}).",
                "It accepts only the process's own user and root.", e);
        }
    }

    private static bool IsAnswer(ReadOnlyMemory<byte> bytes, ulong nonce) =>
        bytes.Length >= NonceEnd && BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span[(NonceEnd - sizeof(ulong))..]) == nonce;

    private static byte[] Request(ulong nonce, string address, CaptureOptions options, HeapLimits? heap, bool isHeld)
    {
        DumpLimits limits = options.Limits;
        int timeMs = (int)limits.Timeout.TotalMilliseconds;
        var request = new RequestRecord
        {
            Magic = SnapshotConstants.Magic,
            VersionMajor = SnapshotConstants.VersionMajor,
            VersionMinor = SnapshotConstants.VersionMinor,
            Flags = isHeld ? RequestFlags.CopyImages | RequestFlags.Hold : RequestFlags.CopyImages,
            Nonce = nonce,
            MaxThreads = (uint)limits.MaxThreads,
            MaxThreadFrames = (uint)limits.MaxFramesPerThread,
            MaxTotalFrames = (uint)limits.MaxFrames,
            MaxImageBytes = (uint)limits.MaxSnapshotBytes / 2,
            // The rest is for the answer, so that the error is "the runtime did not suspend" and not "no answer".
            SuspendTimeoutMs = (uint)Math.Max(timeMs / 2, timeMs - (2 * ReserveMs)),
            PauseLimitUs = (uint)limits.MaxPause.TotalMicroseconds,
            SendTimeoutMs = (uint)timeMs,
            AddressLength = (uint)address.Length,
        };
        if (heap is not null)
        {
            request.Flags |= heap.Enumerate ? RequestFlags.Heap | RequestFlags.Enumerate : RequestFlags.Heap;
            request.HeapLimitUs = (uint)heap.Pause.TotalMicroseconds;
            // Modules, threads, frames and objects must fit into the snapshot together. A snapshot that is too long is an error.
            request.HeapMaxObjects = (uint)Math.Min(heap.Objects, limits.MaxSnapshotBytes / 8 / Unsafe.SizeOf<HeapObjectRecord>());
            request.HeapMaxCopied = (uint)Math.Min(heap.CopiedBytes, limits.MaxSnapshotBytes / 8);
        }
        SeenRecord[] seen = [];
        if (options.Sample is { } last)
        {
            // The probe looks them up by id.
            seen = [.. last.Take(SnapshotConstants.MostSeen).OrderBy(static t => t.RuntimeId).Select(static t => new SeenRecord
            {
                ThreadId = t.RuntimeId, CpuNs = t.CpuTime.Ticks * TimeSpan.NanosecondsPerTick, OsId = (uint)t.OsId,
            })];
            request.Flags |= RequestFlags.Sample;
            request.SeenCount = (uint)seen.Length;
        }
        unsafe
        {
            Encoding.ASCII.GetBytes(address, new Span<byte>(request.Address, SnapshotConstants.AddressBytes));
        }
        return [.. MemoryMarshal.AsBytes(new Span<RequestRecord>(ref request)), .. MemoryMarshal.AsBytes(seen.AsSpan())];
    }

    /// <summary>
    /// Waits for the probe's connection and for the runtime's answer, in any order. The answer ends the wait: the runtime sends it after
    /// the probe has sent everything and was unloaded.
    /// </summary>
    private static ReadOnlyMemory<byte> Receive(
        ProbeTransport transport, UnixSocket port, (int Pid, uint User) runtime, ulong nonce, DumpLimits limits, Deadline deadline, Action? hold)
    {
        ReadOnlyMemory<byte>? bytes = null;
        bool isLoaded = false;
        while (true)
        {
            (bool probe, bool answer) = UnixSocket.WaitReadable(bytes is null ? transport.Listener : null, port, deadline);
            // Other processes can see the name and connect as often as they like. Each one is rejected, until the deadline.
            if (probe && !deadline.Passed)
            {
                using UnixSocket connection = transport.Listener.Accept();
                // The name is random and the nonce is checked. This rejects a process that guessed the name before anything is read from it.
                // All processes that are not visible have the id 0.
                (int Pid, uint User) peer = connection.Peer();
                if (peer.Pid != runtime.Pid || (peer.Pid == 0 && peer.User != runtime.User))
                    continue;
                transport.ProbeIsLoaded();
                isLoaded = true;
                if (hold is not null)
                {
                    hold();
                    deadline = Deadline.In(limits.Timeout);
                    connection.SendAll([1]);
                }
                if (ReadAll(connection, limits.MaxSnapshotBytes, deadline) is { IsEmpty: false } read)
                    bytes = read;
            }
            else if (answer)
            {
                int? result = DiagnosticsPort.ReadAnswer(port, deadline);
                return bytes ?? throw NoSnapshot(result);
            }
            else
            {
                // A whole snapshot is worth having, even if the runtime has not yet said that the probe is unloaded.
                if (bytes is { } whole && IsAnswer(whole, nonce))
                    return whole;
                // A probe that is loaded but sends nothing, not even an error, waits in the only call without a time limit.
                throw isLoaded && limits.Timeout >= LongEnough
                    ? new SuspensionTimeoutException(limits.Timeout, isCollection: false, [])
                    : new CaptureTimeoutException(limits.Timeout, "the runtime did not answer");
            }
        }
    }

    /// <summary>
    /// Reads to the end, with memory in proportion to the received data. Most snapshots fit into the first buffer, which is too small for
    /// the large object heap. Garbage there would cause a full collection every few dumps.
    /// </summary>
    private static ReadOnlyMemory<byte> ReadAll(UnixSocket connection, int limit, Deadline deadline)
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(Math.Min(FirstBuffer, limit));
        int total = 0;
        while (true)
        {
            total += connection.ReceiveFull(buffer.AsSpan(total), deadline);
            if (total < buffer.Length)
                return buffer.AsMemory(0, total);
            if (total >= limit)
                throw new SnapshotFormatException($"it has more than {limit} bytes");
            Array.Resize(ref buffer, (int)Math.Min((long)buffer.Length * 4, limit));
        }
    }

    private static StackflareException NoSnapshot(int? result) => result switch
    {
        null => StackflareException.CaptureFailed("The runtime closed the connection", MayBeEnding, 0),
        Cancelled => StackflareException.CaptureFailed("The probe was attached but could not send its snapshot", "Try again.", Cancelled),
        NotInitialized => StackflareException.CaptureFailed(
            "The runtime attaches no probe, because it is still starting or has begun to exit",
            "If it does not end, a handler of ProcessExit does not return; a core file has its stacks.", NotInitialized),
        NoSuchFile or ModuleNotFound => StackflareException.CaptureFailed(
            "The runtime could not load the probe", "Make sure that the process can open the file and that its file system is not mounted noexec.", result.Value),
        { } other => StackflareException.CaptureFailed(
            "The runtime refused to attach the probe", "Look the code up in docs/troubleshooting.md.", other),
    };

    private static void Check(RawSnapshot snapshot, DumpLimits limits, KernelTasks tasks)
    {
        InfoRecord info = snapshot.Info;
        if (info.Phase == CapturePhase.Done)
            return;
        throw info.Phase switch
        {
            CapturePhase.Start => StackflareException.CaptureFailed(
                "The runtime is too old", "Stackflare needs .NET 8 or later.", info.HResult),
            CapturePhase.Memory => StackflareException.CaptureFailed(
                "There was not enough memory for the capture", "Lower the limits, or give the process more memory.", info.HResult),
            CapturePhase.Suspend when info.Flags.HasFlag(InfoFlags.SuspendRefused) => new SuspensionBlockedException(Blockers(snapshot, tasks), stoodStill: null),
            CapturePhase.Suspend when info.Flags.HasFlag(InfoFlags.SuspendCalledOff) =>
                new SuspensionBlockedException(Blockers(snapshot, tasks), TimeSpan.FromTicks(info.PauseNs / TimeSpan.NanosecondsPerTick)),
            CapturePhase.Suspend when info.HResult == SuspensionInProgress => new SuspensionTimeoutException(limits.Timeout, isCollection: true, Stuck(snapshot)),
            CapturePhase.Suspend => StackflareException.CaptureFailed("The runtime did not suspend its threads", "Try again.", info.HResult),
            _ => StackflareException.CaptureFailed(
                string.Create(CultureInfo.InvariantCulture, $"The capture ended in phase {(uint)info.Phase}"), "Try again.", info.HResult),
        };
    }

    private static DumpThread[] Stuck(RawSnapshot snapshot) =>
    [
        .. from thread in snapshot.Threads
           where thread.Flags.HasFlag(ThreadFlags.Cooperative)
           select Thread(snapshot, thread, tasks: null),
    ];

    private static SuspensionBlocker[] Blockers(RawSnapshot snapshot, KernelTasks tasks)
    {
        tasks.MeasureOffCpuTime(
            from blocker in snapshot.Blockers
            where !blocker.Flags.HasFlag(BlockerFlags.Running)
            select (int)snapshot.Threads[blocker.Thread].OsId);
        return
        [
            .. from blocker in snapshot.Blockers
               let thread = snapshot.Threads[blocker.Thread]
               select new SuspensionBlocker
               {
                   Thread = Thread(snapshot, thread, tasks),
                   SystemCall = blocker.Call < 0 ? null : SystemCalls.Name(blocker.Call, RuntimeInformation.ProcessArchitecture),
                   IsHeld = blocker.Flags.HasFlag(BlockerFlags.Stopped),
                   OffCpuTime = blocker.Flags.HasFlag(BlockerFlags.Running) ? null : tasks.OffCpuTime((int)thread.OsId),
               },
        ];
    }

    private static DumpThread Thread(RawSnapshot snapshot, in ThreadRecord thread, KernelTasks? tasks) => new()
    {
        OsId = new OsThreadId((int)thread.OsId),
        ManagedId = thread.Flags.HasFlag(ThreadFlags.StateKnown) ? new ManagedThreadId((int)thread.ManagedId) : null,
        Name = snapshot.Text(thread.NameOffset, thread.NameLength) ?? tasks?.Find((int)thread.OsId)?.Name,
        IsMain = thread.OsId == snapshot.Info.Pid,
        Completeness = StackCompleteness.NotWalked,
    };
}
