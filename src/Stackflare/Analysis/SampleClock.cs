namespace Stackflare.Analysis;

/// <summary>
/// Says when the next sample is due: at multiples of the interval, so that a late sample does not delay the next ones; and later if the program would otherwise be paused for a larger part of the
/// time than it may. The pause of the next sample is estimated from the last ones. What a long pause has used up is missing until the end, evenly. Not thread-safe.
/// </summary>
/// <param name="interval">The time from one sample to the next.</param>
/// <param name="duration">When the last sample is due; null for no end.</param>
/// <param name="isIncremental">Whether a sample takes less time than the first one, because most of what it finds is known already.</param>
/// <param name="mostPaused">The part of the time for which these samples may pause the program: less than <see cref="MaxPaused"/> if there are others.</param>
internal sealed class SampleClock(TimeSpan interval, TimeSpan? duration, bool isIncremental = true, double mostPaused = SampleClock.MaxPaused)
{
    /// <summary>The part of the time for which the program may be paused.</summary>
    public const double MaxPaused = 0.01;

    /// <summary>From so many pauses, the next one is estimated.</summary>
    private const int Lately = 16;

    /// <summary>In a recording without an end, how far pauses may be ahead of the time that pays for them: otherwise one long pause would be followed by a long time without samples.</summary>
    private static readonly TimeSpan Lead = TimeSpan.FromSeconds(10);

    /// <summary>How old the last whole dump gets.</summary>
    private static readonly TimeSpan BetweenWhole = TimeSpan.FromMinutes(1);

    private readonly Queue<TimeSpan> _lately = new();
    private TimeSpan _due, _whole, _wholeAt, _reserved;
    private int _taken;
    private bool _isAtEnd;

    /// <summary>How long the program was paused.</summary>
    public TimeSpan Paused { get; private set; }

    /// <summary>Whether samples were later than wanted, so that the program is not paused for too long.</summary>
    public bool IsThrottled { get; private set; }

    /// <summary>Whether the sample that is due is a whole dump, which takes longer than others: the first one, the one at the end of the duration, and one each minute.</summary>
    public bool IsWhole { get; private set; } = true;

    /// <summary>How long the recording goes on without a sample; null if it has no end or is at it.</summary>
    /// <param name="now">The time since the beginning.</param>
    public TimeSpan? Rest(TimeSpan now) => duration > now ? duration - now : null;

    /// <summary>A sample was taken.</summary>
    /// <param name="pause">How long the program was paused for it.</param>
    public void Took(TimeSpan pause)
    {
        Paused += pause;
        if (IsWhole)
            (_whole, _wholeAt) = (pause, _due);
        // The second sample walks all threads, the next ones only those that have run.
        else if (_taken > 1 || !isIncremental)
            _lately.Enqueue(pause);
        if (_lately.Count > Lately)
            _lately.Dequeue();
        // The dump at the end is worth less than many samples.
        if (++_taken == 2 && duration is { } end && ((end * mostPaused) - Paused) * 0.75 > _whole)
            _reserved = _whole;
    }

    /// <summary>A sample failed.</summary>
    /// <param name="pause">How long the program was paused all the same.</param>
    public void Failed(TimeSpan pause) => Paused += pause;

    /// <summary>The time of the next sample, since the beginning; null if there is none. The first one is always taken.</summary>
    /// <param name="now">The time since the beginning.</param>
    public TimeSpan? Next(TimeSpan now)
    {
        if (_taken == 0 && _due == TimeSpan.Zero)
            return _due = now;
        if (_isAtEnd || now >= duration)
            return null;
        TimeSpan due = interval * (Math.Floor(now / interval) + 1), later = Later(now);
        if (later > due)
        {
            IsThrottled = true;
            due = later;
        }
        if (duration is not { } end || due < end)
        {
            IsWhole = due - _wholeAt >= BetweenWhole;
            return _due = due;
        }
        if (Paused + _whole > end * mostPaused)
        {
            IsThrottled = true;
            return null;
        }
        return _due = End(end);
    }

    /// <summary>Whether a whole dump may be taken although the recording ends now, before its time. If so, it is what is due.</summary>
    /// <param name="now">The time since the beginning.</param>
    public bool CanEnd(TimeSpan now)
    {
        bool can = !_isAtEnd && Affordable(Paused + _whole) <= now;
        if (can)
            _ = End(now);
        return can;
    }

    private TimeSpan End(TimeSpan at)
    {
        _isAtEnd = IsWhole = true;
        return at;
    }

    /// <summary>The earliest time at which the next sample is affordable.</summary>
    private TimeSpan Later(TimeSpan now)
    {
        // Whether the third sample takes less time than the second one is not known before it.
        if (_lately.Count == 0 && _taken > 1 && Paused + _whole > (duration ?? Lead) * mostPaused / 2)
            return duration is { } last && Paused + _whole > last * mostPaused ? last : Paused / mostPaused;
        TimeSpan usual = Usual(), evenly = _due + (usual / mostPaused);
        if (duration is not { } end)
            return TimeSpan.FromTicks(Math.Max(evenly.Ticks, Affordable(Paused + usual).Ticks));
        double share = ((end * mostPaused) - Paused - _reserved) / (end - now);
        return share >= mostPaused ? evenly : share > usual / end ? _due + (usual / share) : usual > TimeSpan.Zero ? end : _due;
    }

    /// <summary>When the pauses of a recording without an end may come to a sum: they may be ahead by as much again at first, and by <see cref="Lead"/> later.</summary>
    private TimeSpan Affordable(TimeSpan pauses) => pauses / mostPaused is var paid && paid < 2 * Lead ? paid / 2 : paid - Lead;

    /// <summary>The pause that the next sample is likely to have: the mean of the last ones. The second sample is taken at once, if one as long as the first one is affordable.</summary>
    private TimeSpan Usual() => _lately.Count > 0 ? TimeSpan.FromTicks(_lately.Sum(static p => p.Ticks) / _lately.Count)
        : isIncremental && (_taken > 1 || Paused + _whole <= (duration ?? Lead) * mostPaused) ? TimeSpan.Zero
        : _whole;
}
