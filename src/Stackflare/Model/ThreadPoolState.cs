namespace Stackflare;

/// <summary>
/// The runtime's thread pool, which runs tasks, timers and continuations of <c>async</c> methods. Of another process it is what the pool's own fields
/// said during the pause (.NET 9 and later); of one's own, where those are not known, what <see cref="System.Threading.ThreadPool"/> said right
/// after. Immutable.
/// </summary>
/// <param name="Workers">Threads that the pool has for work items; null where it is not known. See <see cref="System.Threading.ThreadPool.ThreadCount"/>.</param>
/// <param name="Working">Of those, how many are at work, also when they are blocked in it; null where it is not known.</param>
/// <param name="Min">
/// Up to this many the pool makes workers without delay; null where it is not known. See
/// <see cref="System.Threading.ThreadPool.GetMinThreads(out int, out int)"/>.
/// </param>
/// <param name="Max">
/// The most workers that the pool may have; null where it is not known. See
/// <see cref="System.Threading.ThreadPool.GetMaxThreads(out int, out int)"/>.
/// </param>
/// <param name="Queued">
/// Work items that no worker has begun; null where it is not known. See <see cref="System.Threading.ThreadPool.PendingWorkItemCount"/>.
/// </param>
/// <param name="Completed">
/// Work items that were done since the program began; null where it is not known. See
/// <see cref="System.Threading.ThreadPool.CompletedWorkItemCount"/>.
/// </param>
public sealed record ThreadPoolState(int? Workers, int? Working, int? Min, int? Max, long? Queued, long? Completed);
