namespace Stackflare.Triggers;

/// <summary>What <see cref="PoolWatch"/> has to do after a look.</summary>
internal enum PoolStep
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Queue the canary.</summary>
    QueueCanary,

    /// <summary>Queued work has waited too long: a dump is due.</summary>
    Dump,

    /// <summary>The pool runs queued work in time again.</summary>
    Recovered,
}

/// <summary>
/// Tells from a canary, a work item that does nothing, whether queued work waits too long. While the pool has nothing to do, there is no canary. Not
/// thread-safe.
/// </summary>
/// <param name="options">Threshold, interval and number of dumps.</param>
internal sealed class PoolIncidents(ThreadPoolWatchOptions options)
{
    private TimeSpan? _queuedAt, _beganAt;
    private TimeSpan _lastDump;

    /// <summary>How many dumps of the incident were due, with the current one; zero if there is no incident.</summary>
    public int Dumps { get; private set; }

    /// <summary>Whether there is an incident.</summary>
    public bool IsOn => _beganAt is not null;

    /// <summary>How long the incident has lasted; after <see cref="PoolStep.Recovered"/>, how long it lasted.</summary>
    public TimeSpan Lasted { get; private set; }

    /// <summary>Decides what to do.</summary>
    /// <param name="now">The time, of a clock that is never set back.</param>
    /// <param name="ranAt">When the canary ran; null if it has not run.</param>
    /// <param name="queued">How many work items are queued.</param>
    public PoolStep Look(TimeSpan now, TimeSpan? ranAt, long queued)
    {
        if (_queuedAt is not { } queuedAt)
        {
            // In an incident, one canary that has run does not show that the pool has recovered: it may have waited too long itself.
            if (queued <= 0 && _beganAt is null)
                return PoolStep.None;
            _queuedAt = now;
            return PoolStep.QueueCanary;
        }
        if (ranAt is { } ran)
        {
            _queuedAt = null;
            if (_beganAt is not { } began || ran - queuedAt >= options.Threshold)
                return Look(now, null, queued);
            (_beganAt, Dumps, Lasted) = (null, 0, ran - began);
            return PoolStep.Recovered;
        }
        if (_beganAt is { } start)
            Lasted = now - start;
        if (now - queuedAt < options.Threshold)
            return PoolStep.None;
        _beganAt ??= queuedAt;
        Lasted = now - _beganAt.Value;
        if (Dumps >= options.MaxDumpsPerIncident || (Dumps > 0 && now - _lastDump < options.Interval))
            return PoolStep.None;
        _lastDump = now;
        Dumps++;
        return PoolStep.Dump;
    }
}
