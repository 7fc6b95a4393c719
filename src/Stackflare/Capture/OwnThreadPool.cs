namespace Stackflare.Capture;

/// <summary>The thread pool of one's own process, for what the snapshot has not.</summary>
internal static class OwnThreadPool
{
    /// <summary>Asks the pool for what is missing. It answers at once, also when all of its threads are blocked.</summary>
    /// <param name="seen">What the snapshot has of it.</param>
    public static ThreadPoolState Complete(ThreadPoolState? seen)
    {
        if (seen is { Workers: not null, Min: not null, Max: not null, Queued: not null, Completed: not null })
            return seen;
        ThreadPool.GetMinThreads(out int min, out _);
        ThreadPool.GetMaxThreads(out int max, out _);
        return new ThreadPoolState(
            seen?.Workers ?? ThreadPool.ThreadCount, seen?.Working, seen?.Min ?? min, seen?.Max ?? max,
            seen?.Queued ?? ThreadPool.PendingWorkItemCount, seen?.Completed ?? ThreadPool.CompletedWorkItemCount);
    }
}
