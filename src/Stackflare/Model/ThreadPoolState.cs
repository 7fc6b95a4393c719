namespace Stackflare;

/// <summary>
/// The runtime's thread pool, which runs tasks, timers and continuations of <c>async</c> methods. Source: the pool's own fields
/// during the pause (.NET 9 and later); for the current process, if these are not known, <see cref="System.Threading.ThreadPool"/> right
/// after the pause. Immutable.
/// </summary>
/// <param name="Workers">Number of worker threads; null if not known. See <see cref="System.Threading.ThreadPool.ThreadCount"/>.</param>
/// <param name="Working">How many of them run a work item, even if they are blocked in it; null if not known.</param>
/// <param name="Min">
/// The pool starts workers without delay up to this number; null if not known. See
/// <see cref="System.Threading.ThreadPool.GetMinThreads(out int, out int)"/>.
/// </param>
/// <param name="Max">
/// Maximum number of workers; null if not known. See
/// <see cref="System.Threading.ThreadPool.GetMaxThreads(out int, out int)"/>.
/// </param>
/// <param name="Queued">
/// Work items that no worker has started; null if not known. See <see cref="System.Threading.ThreadPool.PendingWorkItemCount"/>.
/// </param>
/// <param name="Completed">
/// Work items completed since the program began; null if not known. See
/// <see cref="System.Threading.ThreadPool.CompletedWorkItemCount"/>.
/// </param>
public sealed record ThreadPoolState(int? Workers, int? Working, int? Min, int? Max, long? Queued, long? Completed)
{
    /// <summary>
    /// What is queued, by type, the most frequent first: of at most 2,048 work items and 64 types. Empty if nothing is queued, or if it is not known (before
    /// .NET 9).
    /// </summary>
    public IReadOnlyList<QueuedWork> QueuedWork { get; init; } = [];

    /// <summary>
    /// Timers whose callback should have run at least a second ago, by callback, the most frequent first. The pool has had no worker for them. Empty if
    /// there are none, or if it is not known (before .NET 9).
    /// </summary>
    public IReadOnlyList<DueTimers> DueTimers { get; init; } = [];

    /// <summary>The number of completed work items a moment after the pause; null if it was not looked at.</summary>
    internal long? CompletedLater { get; init; }

    /// <summary>The number of queued work items at that moment; null if it was not looked at.</summary>
    internal long? QueuedLater { get; init; }

    /// <summary>Whether as many work items as were queued were completed a moment after the pause, and few new ones were queued. A pool whose slow calls end one by one, and whose queue stays full, is starved.</summary>
    internal bool IsWorkedOff => CompletedLater - Completed >= Queued && QueuedLater <= Queued / 2;

    /// <summary>Whether there may be more such timers: at most 2,048 timers and 64 callbacks are looked at.</summary>
    public bool HasMoreDueTimers { get; init; }
}

/// <summary>Work items of one type that wait in the thread pool. Immutable.</summary>
/// <param name="Type">
/// Full name of the type, or <c>async method</c> and the name of a method that continues: for example <c>async method MyApp.Orders.LoadAsync</c>.
/// </param>
/// <param name="Count">How many there are.</param>
public sealed record QueuedWork(string Type, long Count);

/// <summary>Timers with one callback that are late. Immutable.</summary>
/// <param name="Callback">
/// The method, without parameters: for example <c>MyApp.Cache.Refresh</c>. For the framework's own timers, what the program called:
/// <c>Task.Delay</c>, <c>Task.WaitAsync</c>, <c>CancellationTokenSource.CancelAfter</c>, <c>PeriodicTimer</c>. Null if not known.
/// </param>
/// <param name="Count">How many there are.</param>
/// <param name="Late">How long the oldest of them has been due.</param>
public sealed record DueTimers(string? Callback, long Count, TimeSpan Late);
