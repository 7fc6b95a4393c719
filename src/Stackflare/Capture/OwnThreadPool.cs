namespace Stackflare.Capture;

/// <summary>Reads the current process's thread pool, for values that the snapshot does not have.</summary>
internal static class OwnThreadPool
{
    /// <summary>Fills missing values from the pool's own API, which never blocks.</summary>
    /// <param name="seen">The values in the snapshot.</param>
    public static ThreadPoolState Complete(ThreadPoolState? seen)
    {
        if (seen is { Workers: not null, Min: not null, Max: not null, Queued: not null, Completed: not null })
            return seen;
        ThreadPool.GetMinThreads(out int min, out _);
        ThreadPool.GetMaxThreads(out int max, out _);
        return new ThreadPoolState(
            seen?.Workers ?? ThreadPool.ThreadCount, seen?.Working, seen?.Min ?? min, seen?.Max ?? max,
            seen?.Queued ?? ThreadPool.PendingWorkItemCount, seen?.Completed ?? ThreadPool.CompletedWorkItemCount)
        {
            CompletedLater = seen?.CompletedLater,
            QueuedLater = seen?.QueuedLater,
        };
    }
}
