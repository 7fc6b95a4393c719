using System.Diagnostics;

namespace Stackflare.EndToEnd.Harness;

/// <summary>A point in time by which something must have happened.</summary>
internal readonly struct Deadline
{
    /// <summary>Enough for a loaded machine; a test that needs it has failed.</summary>
    public static readonly TimeSpan Usual = TimeSpan.FromSeconds(30);

    private readonly long _end;

    private Deadline(TimeSpan time) => _end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);

    public TimeSpan Left => Stopwatch.GetTimestamp() is var now && now < _end ? Stopwatch.GetElapsedTime(now, _end) : TimeSpan.Zero;

    public static Deadline In(TimeSpan? time = null) => new(time ?? Usual);
}
