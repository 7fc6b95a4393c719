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

    private TimeSpan _last;
    private bool _isFirst = true, _hasLast;

    /// <summary>How long the program was paused.</summary>
    public TimeSpan Paused { get; private set; }

    /// <summary>Whether samples were later than wanted, so that the program is not paused for too long.</summary>
    public bool IsThrottled { get; private set; }

    /// <summary>How long the recording goes on without a sample; null if it has no end or is at it.</summary>
    /// <param name="now">The time since the beginning.</param>
    public TimeSpan? Rest(TimeSpan now) => duration > now ? duration - now : null;

    /// <summary>A sample was taken.</summary>
    /// <param name="pause">How long the program was paused for it.</param>
    public void Took(TimeSpan pause) => (Paused, _last) = (Paused + pause, pause);

    /// <summary>The time of the next sample, since the beginning; null if there is none. The first one is always taken.</summary>
    /// <param name="now">The time since the beginning.</param>
    public TimeSpan? Next(TimeSpan now)
    {
        if (_isFirst)
        {
            _isFirst = false;
            return now;
        }
        if (_hasLast || now >= duration)
            return null;
        TimeSpan due = interval * (Math.Floor(now / interval) + 1);
        // With the pause of the next sample, which is taken to be as long as the last one.
        TimeSpan affordable = (Paused + _last) / MaxPaused;
        if (affordable > due)
        {
            IsThrottled = true;
            due = affordable;
        }
        if (duration is not { } end || due < end)
            return due;
        // The last sample is at the end.
        _hasLast = true;
        return affordable <= end ? end : null;
    }
}
