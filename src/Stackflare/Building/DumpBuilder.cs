using Stackflare.Analysis;
using Stackflare.Building.Async;
using Stackflare.Building.Waits;
using Stackflare.Processes;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using Stackflare.Symbols;
using Stackflare.Symbols.Saved;

namespace Stackflare.Building;

/// <summary>Makes the finished dump: snapshot, names and source from the symbolicator, and what the kernel says of the threads.</summary>
internal static class DumpBuilder
{
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="symbolicator">Resolves its frames.</param>
    /// <param name="facts">What the host knows of the process, now or as it was saved.</param>
    /// <param name="ownThread">The thread that takes dumps in this very process, if it is one's own.</param>
    /// <param name="saved">What was found of the frames when the snapshot was saved; null if it was not.</param>
    /// <param name="ownPool">The thread pool, if it was asked itself; null takes what the snapshot has.</param>
    public static ThreadDump Build(
        RawSnapshot snapshot, Symbolicator symbolicator, HostFacts facts, int? ownThread, SavedSymbols? saved = null, ThreadPoolState? ownPool = null)
    {
        DumpedProcess process = facts.Process(snapshot.Info);
        KernelTasks tasks = facts.Tasks;
        using SymbolSession session = symbolicator.Open(snapshot, saved);
        DumpFrame[] frames = session.ResolveAll();
        // The first thread's: the kernel hands it down to every thread that gets no name of its own.
        string? programName = tasks.Find((int)snapshot.Info.Pid)?.Name;
        var threads = new DumpThread[snapshot.Threads.Length];
        var waits = new WaitFrames.Found?[threads.Length];
        WaitRecord?[] waitRecords = LockBuilder.WaitsByThread(snapshot);
        Dictionary<uint, RecentCpu> busy = snapshot.Busy.ToDictionary(static b => b.Thread, static b => new RecentCpu(Nanoseconds(b.CpuNs), Nanoseconds(b.WallNs)));
        for (int i = 0; i < threads.Length; i++)
        {
            DumpFrame[] stack = StackOf(snapshot, snapshot.Threads[i], frames);
            waits[i] = WaitFrames.Find(stack, waitRecords[i]?.Kind);
            threads[i] = BuildThread(snapshot, snapshot.Threads[i], stack, waits[i]?.Activity, busy.GetValueOrDefault((uint)i), session, programName, tasks, ownThread);
        }
        new LockBuilder(snapshot, session, threads).Build(waits, waitRecords, tasks);
        AsyncStackBuilder? async = snapshot.Heap is { Info.Status: HeapStatus.Walked } ? new AsyncStackBuilder(snapshot, session, threads) : null;
        AsyncStack[] asyncStacks = async?.Build() ?? [];
        Array.Sort(threads, (a, b) => Order(a).CompareTo(Order(b)));
        LockBuilder.Link(threads);

        var managed = new HashSet<int>(threads.Select(t => t.OsId.Value));
        return DumpAnalyzer.Analyze(new ThreadDump
        {
            Process = process,
            CapturedAt = DateTimeOffset.UnixEpoch.AddTicks(snapshot.Info.CapturedAtNs / 100),
            Timings = Timings(snapshot),
            Threads = threads,
            RuntimeThreads =
            [
                .. from id in tasks.Ids
                   where !managed.Contains(id)
                   orderby id
                   let task = tasks.Find(id)
                   where task is not null
                   select task.ToRuntimeThread(id),
            ],
            ThreadPool = ownPool ?? PoolBuilder.Build(snapshot),
            HasAsyncStacks = async is not null,
            AsyncStacks = asyncStacks,
            Notes = [.. facts.Note is { } note ? (string[])[note] : [], .. DumpNotes.Of(snapshot, threads.Length), .. AsyncNotes.Of(snapshot, async)],
        });
    }

    private static (bool, int, int) Order(DumpThread thread) => (!thread.IsMain, thread.ManagedId?.Value ?? 0, thread.OsId.Value);

    private static DumpFrame[] StackOf(RawSnapshot snapshot, in ThreadRecord record, DumpFrame[] frames)
    {
        ReadOnlySpan<uint> indexes = snapshot.StackOf(record);
        var stack = new DumpFrame[indexes.Length];
        for (int i = 0; i < stack.Length; i++)
            stack[i] = frames[indexes[i]];
        return stack;
    }

    private static DumpThread BuildThread(
        RawSnapshot snapshot, in ThreadRecord record, DumpFrame[] stack, ThreadActivity? waits, RecentCpu? busy, SymbolSession session, string? programName,
        KernelTasks tasks, int? ownThread)
    {
        int id = (int)record.OsId;
        bool known = record.Flags.HasFlag(ThreadFlags.StateKnown);
        bool inManagedCode = record.Flags.HasFlag(ThreadFlags.Interrupted)
            || (stack.Length > 0 && snapshot.Frames[snapshot.StackOf(record)[0]].Flags.HasFlag(FrameFlags.Exact));
        bool isMain = record.OsId == snapshot.Info.Pid; // both as the process sees itself
        return new DumpThread
        {
            OsId = new OsThreadId(id),
            ManagedId = known ? new ManagedThreadId((int)record.ManagedId) : null,
            Name = snapshot.Text(record.NameOffset, record.NameLength) is { Length: > 0 } name ? name : isMain ? null : KernelName(tasks.Find(id), known, programName),
            IsMain = isMain,
            Activity = waits ?? (inManagedCode ? ThreadActivity.Running : (ThreadActivity?)null) ?? tasks.Find(id)?.Activity ?? ThreadActivity.Unknown,
            IsBackground = known ? ((RuntimeThreadState)record.State).HasFlag(RuntimeThreadState.Background) : null,
            IsThreadPool = known ? ((RuntimeThreadState)record.State).HasFlag(RuntimeThreadState.ThreadPoolWorker) : null,
            CpuTime = record.CpuNs >= 0 ? TimeSpan.FromTicks(record.CpuNs / 100) : tasks.Find(id)?.CpuTime,
            RecentCpu = busy,
            CurrentException = record.ExceptionType == SnapshotLayout.None ? null : session.Types.Name(record.ExceptionType),
            Frames = stack,
            Completeness = CompletenessOf(record),
            IsOwn = record.OsId == ownThread || IsTrap(stack),
        };
    }

    /// <summary>Whether it is the thread that waits for signals, or answers one, or takes dumps for the program: seen from outside it is nobody's either.</summary>
    private static bool IsTrap(DumpFrame[] stack) => Array.FindLastIndex(
        stack, static f => f is { Module.Name: "Stackflare.dll", Method: { DeclaringType: "Stackflare.Signals.SignalTrap" or "Stackflare.Capture.CaptureThread", Name: "Run" } }) >= 0;

    /// <summary>
    /// The runtime names the kernel's threads as it makes them (<c>.NET Finalizer</c>) and hands on the names that programs give;
    /// a thread that nobody named has the program's own name, which says nothing. Where the runtime's own record of the name was
    /// read and is empty, only a name that the runtime itself gives can be this thread's: others are its creator's, handed down.
    /// </summary>
    private static string? KernelName(TaskStat? task, bool isNameKnown, string? programName) =>
        task is null || programName is null || task.Name == programName
            || (isNameKnown && !task.Name.StartsWith(".NET ", StringComparison.Ordinal))
            ? null
            : task.Name;

    private static StackCompleteness CompletenessOf(in ThreadRecord record) =>
        record.Flags.HasFlag(ThreadFlags.NotWalked) ? StackCompleteness.NotWalked
        : record.Flags.HasFlag(ThreadFlags.NoFrames) ? StackCompleteness.NoManagedFrames
        : record.Flags.HasFlag(ThreadFlags.Truncated) ? StackCompleteness.Truncated
        : record.Flags.HasFlag(ThreadFlags.WalkFailed) ? StackCompleteness.Broken
        : StackCompleteness.Complete;

    private static CaptureTimings Timings(RawSnapshot snapshot)
    {
        InfoRecord info = snapshot.Info;
        return new(
            Nanoseconds(info.PauseNs), Nanoseconds(info.SuspendNs), Nanoseconds(info.WalkNs), Nanoseconds(info.ResolveNs), (int)Math.Min(info.SuspendRetries, int.MaxValue))
        {
            Locks = Nanoseconds(info.LocksNs),
            Heap = snapshot.Heap is { Info: var heap } ? Nanoseconds(heap.WalkNs + heap.FollowNs) : TimeSpan.Zero,
        };
    }

    private static TimeSpan Nanoseconds(long ns) => TimeSpan.FromTicks(ns / 100);
}
