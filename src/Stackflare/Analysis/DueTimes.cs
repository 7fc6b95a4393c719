namespace Stackflare.Analysis;

/// <summary>When the waits of a group end by themselves, as far as known: due times in the future and in the past.</summary>
/// <param name="Ahead">Number of due times in the future.</param>
/// <param name="First">The nearest due time in the future.</param>
/// <param name="Last">The furthest due time in the future.</param>
/// <param name="Over">Number of due times in the past.</param>
/// <param name="Latest">The most recent due time in the past; zero or negative.</param>
/// <param name="Earliest">The oldest due time in the past.</param>
internal readonly record struct DueTimes(long Ahead, TimeSpan First, TimeSpan Last, long Over, TimeSpan Latest, TimeSpan Earliest)
{
    /// <summary>The minimum of all; null if there is none.</summary>
    public TimeSpan? Least => Over > 0 ? Earliest : Ahead > 0 ? First : null;

    /// <summary>The maximum of all; null if there is none.</summary>
    public TimeSpan? Most => Ahead > 0 ? Last : Over > 0 ? Latest : null;

    /// <summary>Adds a due time.</summary>
    /// <param name="due">The due time, relative to the pause.</param>
    /// <param name="times">How often it counts.</param>
    public DueTimes With(TimeSpan due, long times) => due > TimeSpan.Zero
        ? this with { Ahead = AsyncStackGroup.Sum(Ahead, times), First = Ahead == 0 || due < First ? due : First, Last = due > Last ? due : Last }
        : this with { Over = AsyncStackGroup.Sum(Over, times), Latest = Over == 0 || due > Latest ? due : Latest, Earliest = due < Earliest ? due : Earliest };
}
