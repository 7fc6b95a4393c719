namespace Stackflare.Triggers;

/// <summary>
/// Limits how often a trigger takes dumps: a shortest time between two of them, and a number for any hour. Not thread-safe.
/// </summary>
/// <param name="perHour">How many dumps any hour may have.</param>
internal sealed class DumpBudget(int perHour)
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly Queue<TimeSpan> _taken = new();
    private TimeSpan? _last;
    private bool _isRefusing;

    /// <summary>Whether the last refusal was the first one because of the hour's number, which the program's people should know.</summary>
    public bool IsFirstRefusal { get; private set; }

    /// <summary>Counts a dump; false if it must not be taken.</summary>
    /// <param name="now">The time, of a clock that is never set back.</param>
    /// <param name="cooldown">The shortest time since the last dump.</param>
    public bool TryTake(TimeSpan now, TimeSpan cooldown)
    {
        IsFirstRefusal = false;
        if (now - _last < cooldown)
            return false;
        while (_taken.TryPeek(out TimeSpan oldest) && now - oldest >= Hour)
            _taken.Dequeue();
        if (_taken.Count >= perHour)
        {
            IsFirstRefusal = !_isRefusing;
            _isRefusing = true;
            return false;
        }
        _isRefusing = false;
        _taken.Enqueue(now);
        _last = now;
        return true;
    }
}
