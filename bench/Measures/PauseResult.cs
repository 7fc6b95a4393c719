namespace Stackflare.Bench.Measures;

/// <summary>How long a dump stops a program of one shape; all in milliseconds.</summary>
/// <param name="Shape">The program's shape.</param>
/// <param name="GapWithDump">The longest that the heartbeat stopped while a dump was taken.</param>
/// <param name="GapWithout">The same in a window as long in which none was: what the machine does anyway.</param>
/// <param name="Claimed">The pause that those dumps say they made.</param>
/// <param name="Walk">The bare walk of the stacks, as captures of the same program give it.</param>
/// <param name="Suspend">How long those took to bring all threads to a stop.</param>
/// <param name="Locks">How long those took to read who holds and who waits for which lock.</param>
internal sealed record PauseResult(
    Shape Shape, Distribution GapWithDump, Distribution GapWithout, Distribution? Claimed, Distribution Walk, Distribution Suspend, Distribution Locks)
{
    /// <summary>Whether its threads wait for a lock.</summary>
    internal bool IsLocked { get; init; }

    /// <summary>Whether async methods were looked for.</summary>
    internal bool LooksForAsync { get; init; }

    /// <summary>What the program feels of a dump; null when that cannot be told.</summary>
    internal double? Felt => Difference(GapWithDump, GapWithout);

    /// <summary>
    /// The difference of the medians; null when the machine's own gaps were about as long, so that nothing can be told: the longest
    /// gap of a window is the dump's or the machine's, not their sum.
    /// </summary>
    internal static double? Difference(Distribution with, Distribution without) =>
        without.Median < with.Median / 4 ? with.Median - without.Median : null;
}
