namespace Stackflare.Building.Async;

/// <summary>A <c>WhenAll</c> or its like.</summary>
/// <param name="Members">What stands behind its tasks that have not completed.</param>
/// <param name="Pending">How many those are; null when it is not known. There can be more than are known.</param>
/// <param name="Total">How many tasks there are in all; null when it is not known.</param>
internal sealed record PromiseState(Awaited[] Members, int? Pending, int? Total)
{
    /// <summary>How many wait for it.</summary>
    public int Links { get; set; }
}
