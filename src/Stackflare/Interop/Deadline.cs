using System.Diagnostics;

namespace Stackflare.Interop;

/// <summary>A point in time of the monotonic clock: one limit for a sequence of waits. Cancellation makes it pass early.</summary>
internal readonly struct Deadline
{
    /// <summary>How long a wait that can be cancelled blocks before it checks for cancellation.</summary>
    private const int LookMilliseconds = 50;

    private readonly long _at;
    private readonly CancellationToken _off;

    private Deadline(long at, CancellationToken cancellationToken) => (_at, _off) = (at, cancellationToken);

    public static Deadline In(TimeSpan time, CancellationToken cancellationToken = default) =>
        new(Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency), cancellationToken);

    public bool Passed => _off.IsCancellationRequested || Stopwatch.GetTimestamp() >= _at;

    /// <summary>Rounded up, so that a wait does not end just before the deadline; 0 if it has passed.</summary>
    public int RemainingMilliseconds => _off.IsCancellationRequested ? 0
        : (int)Math.Clamp(Math.Ceiling((_at - Stopwatch.GetTimestamp()) * 1000.0 / Stopwatch.Frequency), 0, int.MaxValue);

    /// <summary>How long to wait before the next check, in milliseconds.</summary>
    public int NextLookMilliseconds => _off.CanBeCanceled ? Math.Min(LookMilliseconds, RemainingMilliseconds) : RemainingMilliseconds;
}
