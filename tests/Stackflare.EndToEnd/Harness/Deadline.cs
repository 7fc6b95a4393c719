using System.Diagnostics;

namespace Stackflare.EndToEnd.Harness;

/// <summary>A point in time by which something must have happened.</summary>
internal readonly struct Deadline
{
    /// <summary>
    /// Far more than anything takes on a machine that does much else: it ends what would never end, and is no measure of how fast something is. A test that needs it has failed.
    /// </summary>
    public static readonly TimeSpan Usual = TimeSpan.FromMinutes(2);

    private readonly long _end;

    private Deadline(TimeSpan time) => _end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);

    public TimeSpan Left => Stopwatch.GetTimestamp() is var now && now < _end ? Stopwatch.GetElapsedTime(now, _end) : TimeSpan.Zero;

    public static Deadline In(TimeSpan? time = null) => new(time ?? Usual);
}
