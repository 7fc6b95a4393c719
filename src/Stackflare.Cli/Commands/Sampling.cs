namespace Stackflare.Cli.Commands;

/// <summary>How many dumps are taken, and how far apart.</summary>
/// <param name="Count">How many; 0 for as many as there are until the user ends it.</param>
/// <param name="Interval">From the end of one to the beginning of the next.</param>
internal sealed record Sampling(int Count, TimeSpan Interval)
{
    /// <summary>Whether it comes to an end by itself.</summary>
    public bool HasEnd => Count != 0;

    /// <summary>Whether the program would stand still for a good part of the time if each dump looked through its heap.</summary>
    public bool IsDense => Count != 1 && Interval < TimeSpan.FromSeconds(1);

    public bool WantsMore(int taken) => !HasEnd || taken < Count;
}
