namespace Stackflare.Views.Live;

/// <summary>The thread pool, and how its queue changes.</summary>
/// <param name="Pool">The pool at the last dump.</param>
/// <param name="Completed">Work items completed in each second since the screen before; null if not known.</param>
/// <param name="Queued">The queue's length at the last screens, the oldest first, and at the last dump.</param>
/// <param name="First">The queue's length at the first dump; null if not known.</param>
internal sealed record QueueTrend(ThreadPoolState Pool, double? Completed, IReadOnlyList<long> Queued, long? First)
{
    /// <summary>How much longer the queue is than at the screen before; null if that is not known.</summary>
    public long? Change => Queued.Count < 2 ? null : Queued[^1] - Queued[^2];
}
