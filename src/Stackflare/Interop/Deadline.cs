using System.Diagnostics;

namespace Stackflare.Interop;

/// <summary>A point in time by the monotonic clock: one limit for a sequence of waits.</summary>
internal readonly struct Deadline
{
    private readonly long _at;

    private Deadline(long at) => _at = at;

    public static Deadline In(TimeSpan time) =>
        new(Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency));

    public bool Passed => Stopwatch.GetTimestamp() >= _at;

    /// <summary>Rounded up, so that a wait does not end just before the deadline; 0 once it has passed.</summary>
    public int RemainingMilliseconds =>
        (int)Math.Clamp(Math.Ceiling((_at - Stopwatch.GetTimestamp()) * 1000.0 / Stopwatch.Frequency), 0, int.MaxValue);
}
