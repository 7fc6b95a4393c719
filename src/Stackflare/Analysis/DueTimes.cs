namespace Stackflare.Analysis;

/// <summary>When the waits of a group end by themselves, as far as that is known: due times ahead, and those that have passed.</summary>
/// <param name="Ahead">How many are to come.</param>
/// <param name="First">The first of them.</param>
/// <param name="Last">The last of them.</param>
/// <param name="Over">How many had come.</param>
/// <param name="Latest">The one that had come last; zero or less.</param>
/// <param name="Earliest">The one that had come first.</param>
internal readonly record struct DueTimes(long Ahead, TimeSpan First, TimeSpan Last, long Over, TimeSpan Latest, TimeSpan Earliest)
{
    /// <summary>The least of all; null where there is none.</summary>
    public TimeSpan? Least => Over > 0 ? Earliest : Ahead > 0 ? First : null;

    /// <summary>The most of all; null where there is none.</summary>
    public TimeSpan? Most => Ahead > 0 ? Last : Over > 0 ? Latest : null;

    /// <summary>With one more.</summary>
    /// <param name="due">When it is due.</param>
    /// <param name="times">How often it counts.</param>
    public DueTimes With(TimeSpan due, long times) => due > TimeSpan.Zero
        ? this with { Ahead = AsyncStackGroup.Sum(Ahead, times), First = Ahead == 0 || due < First ? due : First, Last = due > Last ? due : Last }
        : this with { Over = AsyncStackGroup.Sum(Over, times), Latest = Over == 0 || due > Latest ? due : Latest, Earliest = due < Earliest ? due : Earliest };
}
