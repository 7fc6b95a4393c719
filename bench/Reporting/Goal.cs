namespace Stackflare.Bench.Reporting;

/// <summary>A figure that the design promises.</summary>
/// <param name="What">What it is.</param>
/// <param name="Limit">The most that it may be.</param>
/// <param name="Measured">What it is.</param>
/// <param name="Unit">Its unit.</param>
internal sealed record Goal(string What, double Limit, double Measured, string Unit)
{
    internal bool Met => Measured <= Limit;

    /// <summary>A tick, or a cross and by how much it was missed.</summary>
    internal string Verdict => Met ? "✓"
        : Limit == 0 ? $"✗ by {Figures.Of(Measured)}"
        : $"✗ {Figures.Of(Measured / Limit)} × the limit";
}
