namespace Stackflare.Building.Async;

/// <summary>A <c>WhenAll</c> or similar.</summary>
/// <param name="Members">What its incomplete tasks wait for.</param>
/// <param name="Pending">Number of incomplete tasks; null if not known. Can be more than <paramref name="Members"/>.</param>
/// <param name="Total">Number of tasks; null if not known.</param>
internal sealed record PromiseState(Awaited[] Members, int? Pending, int? Total)
{
    /// <summary>How many awaiters it has.</summary>
    public int Links { get; set; }
}
