namespace Stackflare.Analysis;

/// <summary>
/// Says when the next sample is due: at multiples of the interval, so that a late sample does not delay the next ones; and later if the program would
/// otherwise be paused for a larger part of the time than it may. Not thread-safe.
/// </summary>
/// <param name="interval">The time from one sample to the next.</param>
/// <param name="duration">When the last sample is due; null for no end.</param>
/// <param name="mostPaused">The part of the time for which these samples may pause the program: less than <see cref="MaxPaused"/> if there are others.</param>
internal sealed class SampleClock(TimeSpan interval, TimeSpan? duration, double mostPaused = SampleClock.MaxPaused)
{
    /// <summary>The part of the time for which the program may be paused.</summary>
    public const double MaxPaused = 0.01;

    /// <summary>How far a pause that was longer than others may be ahead of the time that pays for it: otherwise one long pause would be followed by a long time without samples.</summary>
    private static readonly TimeSpan Credit = TimeSpan.FromSeconds(3);

    private TimeSpan _due;
    private int _taken;
    private bool _hasLast;

    /// <summary>How long the program was paused.</summary>
    public TimeSpan Paused { get; private set; }

    /// <summary>Whether samples were later than wanted, so that the program is not paused for too long.</summary>
    public bool IsThrottled { get; private set; }

    /// <summary>How long the recording goes on without a sample; null if it has no end or is at it.</summary>
    /// <param name="now">The time since the beginning.</param>
    public TimeSpan? Rest(TimeSpan now) => duration > now ? duration - now : null;

    /// <summary>A sample was taken.</summary>
    /// <param name="pause">How long the program was paused for it.</param>
    public void Took(TimeSpan pause)
    {
        Paused += pause;
        _taken++;
    }

    /// <summary>The time of the next sample, since the beginning; null if there is none. The first one is always taken.</summary>
    /// <param name="now">The time since the beginning.</param>
    public TimeSpan? Next(TimeSpan now)
    {
        if (_taken == 0 && _due == TimeSpan.Zero)
            return _due = now;
        if (_hasLast || now >= duration)
            return null;
        // The pause of the next sample is taken to be as long as the others.
        TimeSpan usual = _taken == 0 ? TimeSpan.Zero : Paused / _taken, affordable = (Paused + usual) / mostPaused;
        if (affordable > duration)
        {
            IsThrottled = true;
            return null;
        }
        TimeSpan due = interval * (Math.Floor(now / interval) + 1);
        TimeSpan later = TimeSpan.FromTicks(Math.Max((_due + (usual / mostPaused)).Ticks, (affordable - Credit).Ticks));
        if (later > due)
        {
            IsThrottled = true;
            due = later;
        }
        // The last sample is at the end.
        _hasLast = due >= duration;
        return _due = _hasLast ? duration!.Value : due;
    }
}
