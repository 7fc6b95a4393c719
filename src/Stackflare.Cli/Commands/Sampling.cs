namespace Stackflare.Cli.Commands;

/// <summary>How many dumps are taken, and how far apart.</summary>
/// <param name="Count">Number of dumps; 0 for no limit, until the user ends it.</param>
/// <param name="Interval">From the end of one dump to the beginning of the next.</param>
internal sealed record Sampling(int Count, TimeSpan Interval)
{
    /// <summary>Whether it ends by itself.</summary>
    public bool HasEnd => Count != 0;

    /// <summary>Whether the program would be paused for a large part of the time if each dump read its heap.</summary>
    public bool IsDense => Count != 1 && Interval < TimeSpan.FromSeconds(1);

    public bool WantsMore(int taken) => !HasEnd || taken < Count;
}
