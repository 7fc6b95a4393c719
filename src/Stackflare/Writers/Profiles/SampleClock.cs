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

    /// <summary>How long the program was paused.</summary>
    public TimeSpan Paused { get; private set; }

    /// <summary>Whether samples were later than wanted, so that the program is not paused for too long.</summary>
    public bool IsThrottled { get; private set; }

    /// <summary>Whether the sample that was due at last is the last one.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>The time of the next sample, since the beginning.</summary>
    /// <param name="now">The time since the beginning.</param>
    /// <param name="pause">How long the program was paused for the sample before; zero for the first one.</param>
    public TimeSpan Next(TimeSpan now, TimeSpan pause)
    {
        Paused += pause;
        TimeSpan due = pause == TimeSpan.Zero && now < interval ? now : interval * (Math.Floor(now / interval) + 1);
        TimeSpan affordable = Paused / MaxPaused;
        if (affordable > due)
        {
            IsThrottled = true;
            due = affordable;
        }
        if (due < duration)
            return due;
        HasEnded = duration is not null;
        return duration is { } end && end > now ? end : due;
    }
}
