namespace Stackflare.Bench.Reporting;

/// <summary>A figure that the design promises.</summary>
/// <param name="What">What it is.</param>
/// <param name="Limit">The most that it may be.</param>
/// <param name="Measured">What it is; null when that could not be told.</param>
/// <param name="Unit">Its unit.</param>
internal sealed record Goal(string What, double Limit, double? Measured, string Unit)
{
    /// <summary>A tick, or a cross and by how much it was missed.</summary>
    internal string Verdict => Measured is not { } measured ? "? the machine was too busy to tell"
        : measured <= Limit ? "✓"
        : Limit == 0 ? $"✗ by {Figures.Of(measured)}"
        : $"✗ {Figures.Of(measured / Limit)} × the limit";
}
