using Stackflare.Analysis;
using Stackflare.Building.Async;
using Stackflare.Building.Waits;
using Stackflare.Processes;
using Stackflare.Snapshots;
using Stackflare.Symbols;
using Stackflare.Symbols.Saved;

namespace Stackflare.Building;

/// <summary>Builds the finished dump from the snapshot, the names and lines of the symbolicator, and the kernel's view of the threads.</summary>
internal static class DumpBuilder
{
    /// <summary>
    /// Some kernels, for example of sandboxes, count a thread's processor time only in ticks of 1, 4 or 10 ms. In a short time between two ticks, a thread would seem
    /// not to have run.
    /// </summary>
    private const long KernelTick = TimeSpan.TicksPerMillisecond;

    /// <param name="snapshot">The snapshot.</param>
    /// <param name="symbolicator">Resolves the frames.</param>
    /// <param name="ownThread">The thread that takes dumps, if the snapshot is of the current process.</param>
    /// <param name="saved">The symbols that were saved with the snapshot; null if there are none.</param>
    /// <param name="ownPool">The state of the current process's thread pool; null to use the snapshot's.</param>
    public static ThreadDump Build(Snapshot snapshot, Symbolicator symbolicator, int? ownThread, SavedSymbols? saved = null, ThreadPoolState? ownPool = null)
    {
        KernelTasks tasks = snapshot.Host.Tasks;
        using SymbolSession session = symbolicator.Open(snapshot, saved);
        DumpFrame[] frames = session.ResolveAll();
        // The first thread's name: threads without a name inherit it from their creator.
        string? programName = tasks.Find(snapshot.ProcessId)?.Name;
        var threads = new DumpThread[snapshot.Threads.Count];
        var waits = new WaitClassifier.Found?[threads.Length];
        var marshalled = new MarshalledCalls();
        for (int i = 0; i < threads.Length; i++)
        {
            SnapshotThread thread = snapshot.Threads[i];
            if (thread.HasNotRun)
            {
                // The sampler has all that is known of it. To ask the kernel takes longer than the rest of a sample.
                threads[i] = new DumpThread { OsId = new OsThreadId(thread.OsId), CpuTime = thread.CpuTime, Completeness = StackCompleteness.NotWalked };
                continue;
            }
            DumpFrame[] stack = StackOf(thread, frames);
            marshalled.Rename(stack);
            waits[i] = WaitClassifier.Find(stack, thread.Wait?.Kind);
            threads[i] = BuildThread(thread, stack, waits[i]?.Activity, session, programName, thread.OsId == snapshot.ProcessId, tasks, ownThread);
        }
        new LockBuilder(snapshot, session, threads).Build(waits, tasks);
        RuntimeWaits.Find(threads);
        AsyncStackBuilder? async = snapshot.Heap is null ? null : new AsyncStackBuilder(snapshot, session, threads);
        TaskDependencies dependencies = async?.Dependencies ?? new TaskDependencies(null, [], new Dictionary<int, CapturedContext>(), TaskDependencies.RunningTasks(snapshot, threads));
        foreach (DumpThread thread in threads)
        {
            if (thread.WaitingFor is { Kind: WaitKind.Task } wait)
                (wait.Runners, wait.CapturedContext) = dependencies.RunnersOf(wait);
        }
        AsyncStack[] asyncStacks = async?.Build() ?? [];
        threads = InOrder(threads);
        LockBuilder.Link(threads);

        var managed = new HashSet<int>(threads.Select(t => t.OsId.Value));
        string[] notes =
        [
            .. snapshot.Host.Note is { } note ? (string[])[note] : [],
            .. snapshot.Notes,
            .. async is { IsTruncated: true } && snapshot.Heap is { IsTruncated: false } ? (string[])[SnapshotHeap.TooMany] : [],
        ];
        return DumpAnalyzer.Analyze(new ThreadDump
        {
            Process = snapshot.Host.Process(snapshot.RuntimeVersion),
            CapturedAt = snapshot.CapturedAt,
            Timings = snapshot.Timings,
            Threads = threads,
            // For a sample, the kernel's list is not read.
            RuntimeThreads = snapshot.IsSample ? [] :
            [
                .. from id in tasks.Ids
                   where !managed.Contains(id)
                   orderby id
                   let task = tasks.Find(id)
                   where task is not null
                   select task.ToRuntimeThread(id),
            ],
            ThreadPool = PoolOf(snapshot, session, ownPool),
            HasAsyncStacks = async is not null,
            IsSample = snapshot.IsSample,
            AsyncStacks = asyncStacks,
            Requests = async?.Requests ?? [],
            Notes = [.. notes, .. snapshot.NotesWithNames],
            PublicNotes = notes,
        });
    }

    /// <summary>Orders the threads of a dump: the main thread, then by id.</summary>
    public static DumpThread[] InOrder(IEnumerable<DumpThread> threads) => [.. threads.OrderBy(Order)];

    private static (bool, int, int) Order(DumpThread thread) => (!thread.IsMain, thread.ManagedId?.Value ?? 0, thread.OsId.Value);

    private static DumpFrame[] StackOf(SnapshotThread thread, DumpFrame[] frames)
    {
        ReadOnlySpan<int> indexes = thread.Stack.Span;
        var stack = new DumpFrame[indexes.Length];
        for (int i = 0; i < stack.Length; i++)
            stack[i] = frames[indexes[i]];
        return stack;
    }

    /// <param name="thread">The thread.</param>
    /// <param name="stack">Its frames.</param>
    /// <param name="waits">What the frames show of its wait; null if nothing.</param>
    /// <param name="session">Resolves the name of an exception's type.</param>
    /// <param name="programName">The kernel's name for threads without a name.</param>
    /// <param name="isMain">Whether it is the first thread of the program.</param>
    /// <param name="tasks">The kernel's view.</param>
    /// <param name="ownThread">The thread that takes the dump, if it is in this process.</param>
    private static DumpThread BuildThread(
        SnapshotThread thread, DumpFrame[] stack, ThreadActivity? waits, SymbolSession session, string? programName, bool isMain, KernelTasks tasks, int? ownThread)
    {
        int id = thread.OsId;
        bool isKnown = thread.ManagedId is not null;
        return new DumpThread
        {
            OsId = new OsThreadId(id),
            ManagedId = thread.ManagedId is { } managed ? new ManagedThreadId(managed) : null,
            Name = thread.Name is { Length: > 0 } name ? name : isMain ? null : KernelName(tasks.Find(id), isKnown, programName),
            IsMain = isMain,
            Activity = waits ?? (thread.IsInManagedCode ? ThreadActivity.Running : (ThreadActivity?)null) ?? tasks.Find(id)?.Activity ?? (thread.IsAsleep ? ThreadActivity.Waiting : ThreadActivity.Unknown),
            IsBackground = thread.IsBackground,
            IsThreadPool = thread.IsThreadPool,
            CpuTime = thread.CpuTime ?? tasks.Find(id)?.CpuTime,
            HasExactCpuTime = thread.CpuTime is { } cpu && cpu.Ticks % KernelTick != 0,
            RecentCpu = thread.RecentCpu,
            OffCpuTime = tasks.OffCpuTime(id),
            CurrentException = ExceptionOf(thread, session),
            Frames = stack,
            Completeness = thread.Completeness,
            IsOwn = id == ownThread || IsOfLibrary(stack),
        };
    }

    private static ThreadPoolState? PoolOf(Snapshot snapshot, SymbolSession session, ThreadPoolState? own)
    {
        if ((own ?? snapshot.ThreadPool) is not { } pool || snapshot.Queued.Length + snapshot.DueTimers.Length == 0)
            return own ?? snapshot.ThreadPool;
        // A watch of the pool queues work of its own.
        ILookup<bool, SnapshotQueued> queued = snapshot.Queued.ToLookup(q => q.Type is { } type && session.Module(snapshot.Types[type].Module) is { IsOwn: true });
        // Types that differ only in what the framework leaves out of their names are one.
        return pool with
        {
            Queued = pool.Queued - queued[true].Sum(static q => (long)q.Count),
            QueuedWork =
            [
                .. queued[false].GroupBy(q => session.Types.Name(q.Type), static q => (long)q.Count, StringComparer.Ordinal)
                    .Select(static g => new QueuedWork(g.Key, g.Sum())).OrderByDescending(static w => w.Count),
            ],
            DueTimers = TimerCallbacks.Of(snapshot, session),
            HasMoreDueTimers = snapshot.DueTimers.Any(static t => t.IsTruncated),
        };
    }

    private static DumpException? ExceptionOf(SnapshotThread thread, SymbolSession session)
    {
        if (thread.ExceptionType is not { } type)
            return null;
        DumpException? inner = null;
        for (int i = thread.Exceptions.Count - 1; i > 0; i--)
            inner = new DumpException { Type = session.Types.Name(thread.Exceptions[i].Type), Message = thread.Exceptions[i].Message, Inner = inner };
        return new DumpException { Type = session.Types.Name(type), Message = thread.Exceptions.Count > 0 ? thread.Exceptions[0].Message : null, Inner = inner };
    }

    /// <summary>
    /// Whether this library started the thread, to wait for signals or to take dumps: the first method that is not the framework's is the library's.
    /// </summary>
    private static bool IsOfLibrary(DumpFrame[] stack) =>
        Array.FindLast(stack, static f => f.Module is { IsOfPlatform: false }) is { Module.Name: "Stackflare.dll" };

    /// <summary>
    /// The runtime gives its own threads kernel names (<c>.NET Finalizer</c>) and copies the names that programs set. A thread without
    /// a name inherits the name of its creator, so that name is ignored. If the runtime's own record of the name is known
    /// to be empty, only a name that the runtime gives to its own threads is accepted.
    /// </summary>
    private static string? KernelName(TaskStat? task, bool isNameKnown, string? programName) =>
        task is null || programName is null || task.Name == programName
            || (isNameKnown && !task.Name.StartsWith(".NET ", StringComparison.Ordinal))
            ? null
            : task.Name;
}
