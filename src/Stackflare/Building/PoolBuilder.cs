using Stackflare.Snapshots;

namespace Stackflare.Building;

/// <summary>Makes the thread pool's part of a dump.</summary>
internal static class PoolBuilder
{
    /// <param name="snapshot">The snapshot.</param>
    public static ThreadPoolState? Build(RawSnapshot snapshot) => snapshot.Pool is { } pool
        ? new ThreadPoolState(Known(pool.Workers), Known(pool.Working), Known(pool.Min), Known(pool.Max), Known(pool.Queued), Known(pool.Completed))
        : null;

    private static int? Known(int value) => value < 0 ? null : value;

    private static long? Known(long value) => value < 0 ? null : value;
}
