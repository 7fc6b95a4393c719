using Stackflare.Analysis;

namespace Stackflare.Views;

/// <summary>
/// What is shown of a dump, and in which order: the visible part of each stack, groups of threads and of async stacks, and what is left out. All
/// writers use it. Each part is computed once, on first use. For one write. Not thread-safe.
/// </summary>
/// <param name="dump">The dump.</param>
/// <param name="options">How much is shown.</param>
/// <param name="exact">
/// For programs and profiles: stacks include the framework's callers of the program, and groups of async stacks differ also in what is not shown.
/// </param>
internal sealed class DumpView(ThreadDump dump, RenderOptions options, bool exact = false) : IDisposable
{
    private VisibleStacks? _stacks;
    private ThreadGroups? _threads;
    private AsyncGroups? _async;
    private DumpSections? _sections;
    private FirstScreen? _firstScreen;

    public ThreadDump Dump => dump;

    public RenderOptions Options => options;

    /// <summary>The visible part of each thread's stack.</summary>
    public VisibleStacks Stacks => _stacks ??= new VisibleStacks(dump.Threads, options.ShowHidden, callers: exact);

    /// <summary>The threads in groups.</summary>
    public ThreadGroups Threads => _threads ??= new ThreadGroups(dump, options, Stacks);

    /// <summary>The async stacks in groups.</summary>
    public AsyncGroups Async => _async ??= new AsyncGroups(dump, options, exact);

    /// <summary>What is shown with a stack, what is shown in one line, and in which order.</summary>
    public DumpSections Sections => _sections ??= new DumpSections(this);

    /// <summary>What is shown before all stacks.</summary>
    public FirstScreen FirstScreen => _firstScreen ??= new FirstScreen(this);

    /// <summary>The threads that the runtime does not know and that are shown one by one.</summary>
    public IReadOnlyList<RuntimeThread> NativeThreads => options.ShowHidden || !dump.HasStacks ? dump.RuntimeThreads : [];

    /// <summary>The threads that the runtime does not know and that are only counted.</summary>
    public IReadOnlyList<RuntimeThread> HiddenNativeThreads => options.ShowHidden || !dump.HasStacks ? [] : dump.RuntimeThreads;

    /// <summary>If all that a thread does is to wait for an async <c>Main</c>, that method, which is shown instead of its stack.</summary>
    public MethodName? AsyncMainOf(StackGroup group) => options.ShowHidden ? null : AsyncMain.Of(group.First);

    /// <summary>
    /// The method that a thread's async callers await, if other visible frames are outside of it, so that the reader would take the outermost one for
    /// it; otherwise null.
    /// </summary>
    public MethodName? AwaitedMethodOf(StackGroup group)
    {
        DumpThread thread = group.First;
        if (thread is not { AwaitedFrameIndex: { } index, AwaitedFrame: { } awaited })
            return null;
        int end = options.ShowHidden ? thread.Frames.Count : PlatformCallers.EndOf(thread);
        for (int i = index + 1; i < end; i++)
        {
            if (options.ShowHidden || !thread.Frames[i].IsHidden)
                return awaited.Method;
        }
        return null;
    }

    /// <summary>
    /// How many threads of a group have not run since the first dump of the series. Null if that is not said: there is no series; or they are idle threads of
    /// the framework, or a main thread that waits for an async <c>Main</c>, which do not run in any program.
    /// </summary>
    public int? UnchangedIn(StackGroup group) =>
        dump.Unchanged is not { } unchanged || group.IsIdle || group.First.IsOwn || AsyncMainOf(group) is not null ? null : group.Threads.Count(unchanged.Has);

    /// <summary>
    /// How many stacks of a group are at the same <c>await</c> since the first dump of the series. Null if that is not said: there is no series, or the stacks
    /// are the framework's own.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="isInner">Whether other stacks wait for those of the group.</param>
    public long? UnchangedIn(AsyncStackGroup group, bool isInner = false)
    {
        long count = 0;
        if (dump.Unchanged is not { AsyncStacks: not null } unchanged || (!isInner && AsyncGroups.IsIdle(group)))
            return null;
        foreach (var (stack, times) in group.Stacks)
            count = unchanged.Has(stack) ? AsyncStackGroup.Sum(count, times) : count;
        return count;
    }

    public void Dispose() => _stacks?.Dispose();
}
