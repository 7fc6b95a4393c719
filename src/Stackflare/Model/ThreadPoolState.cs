namespace Stackflare;

/// <summary>
/// The state of the thread pool. Of one's own process it is what <see cref="ThreadPool"/> tells; of others it is read from the pool's own
/// variables, as far as they are known. Each number is null where it is not.
/// </summary>
/// <param name="Workers">Worker threads there are.</param>
/// <param name="Working">Worker threads that are at work, blocked or not; null in one's own process.</param>
/// <param name="Min">Up to so many workers are started at once when there is work for them.</param>
/// <param name="Max">More workers there will never be.</param>
/// <param name="Queued">Work items that no worker has taken yet.</param>
/// <param name="Completed">Work items that were completed since the process began.</param>
public sealed record ThreadPoolState(int? Workers, int? Working, int? Min, int? Max, long? Queued, long? Completed);
