namespace Stackflare.Writers.Profiles;

/// <summary>
/// Says when the next sample is due: at multiples of the interval, so that a late sample does not delay the next ones; and later if the program would
/// otherwise be paused for a larger part of the time than <see cref="MaxPaused"/>. Not thread-safe.
/// </summary>
/// <param name="interval">The time from one sample to the next.</param>
/// <param name="duration">When the last sample is due; null for no end.</param>
internal sealed class SampleClock(TimeSpan interval, TimeSpan? duration)
{
    /// <summary>The part of the time for which the program may be paused.</summary>
    public const double MaxPaused = 0.01;

    /// <summary>In a recording without an end, the time in which a pause that was longer than others is made up for.</summary>
    private static readonly TimeSpan Horizon = TimeSpan.FromSeconds(10);

    /// <summary>From so many pauses, the next one is estimated.</summary>
    private const int Lately = 3;

    private readonly Queue<TimeSpan> _lately = new();
    private TimeSpan _due, _whole;
    private int _taken;

    /// <summary>How long the program was paused.</summary>
    public TimeSpan Paused { get; private set; }

    /// <summary>Whether samples were later than wanted, so that the program is not paused for too long.</summary>
    public bool IsThrottled { get; private set; }

    /// <summary>Whether the sample that is due is a whole dump: the first one, and the one at the end of the duration. They take longer than others.</summary>
    public bool IsWhole => _taken == 0 || IsAtEnd;

    private bool IsAtEnd { get; set; }

    /// <summary>How long the recording goes on without a sample; null if it has no end or is at it.</summary>
    /// <param name="now">The time since the beginning.</param>
    public TimeSpan? Rest(TimeSpan now) => duration > now ? duration - now : null;

    /// <summary>A sample was taken.</summary>
    /// <param name="pause">How long the program was paused for it.</param>
    public void Took(TimeSpan pause)
    {
        Paused += pause;
        if (IsWhole)
            _whole = pause;
        else
            _lately.Enqueue(pause);
        if (_lately.Count > Lately)
            _lately.Dequeue();
        _taken++;
    }

    /// <summary>The time of the next sample, since the beginning; null if there is none. The first one is always taken.</summary>
    /// <param name="now">The time since the beginning.</param>
    public TimeSpan? Next(TimeSpan now)
    {
        if (_taken == 0 && _due == TimeSpan.Zero)
            return _due = now;
        if (IsAtEnd || now >= duration)
            return null;
        TimeSpan due = interval * (Math.Floor(now / interval) + 1), later = _due + (Usual() / Math.Max(Share(now), 1e-6));
        if (later > due)
        {
            IsThrottled = true;
            due = later;
        }
        if (due < duration || duration is null)
            return _due = due;
        if (Paused + _whole > duration * MaxPaused)
        {
            IsThrottled = true;
            return null;
        }
        IsAtEnd = true;
        return _due = duration.Value;
    }

    /// <summary>
    /// The part of the time for which the program may be paused from now on: after a long pause, less than <see cref="MaxPaused"/> until the end, so that samples are evenly spread.
    /// </summary>
    private double Share(TimeSpan now)
    {
        TimeSpan rest = duration - now ?? Horizon, reserved = duration is null ? TimeSpan.Zero : _whole;
        return Math.Min(MaxPaused, (((now + rest) * MaxPaused) - Paused - reserved) / rest);
    }

    /// <summary>The pause that the next sample is likely to have: the median of the last ones, the shorter of two. The second sample is taken at once, if two as long as the first one are affordable.</summary>
    private TimeSpan Usual() =>
        _lately.Count > 0 ? _lately.Order().ElementAt((_lately.Count - 1) / 2)
        : Paused + _whole + _whole <= (duration ?? Horizon) * MaxPaused ? TimeSpan.Zero
        : _whole;
}
