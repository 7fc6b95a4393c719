namespace Stackflare.Bench.Measures;

/// <summary>One program on two runtimes.</summary>
/// <param name="What">The program.</param>
/// <param name="Ten">On .NET 10.</param>
/// <param name="Eleven">On .NET 11.</param>
internal sealed record RuntimeResult(string What, RuntimeFigures Ten, RuntimeFigures Eleven)
{
    /// <summary>The pause on .NET 11 against that on .NET 10; the worse of medians and minima.</summary>
    internal double Ratio => Math.Max(Eleven.Pause.Median / Ten.Pause.Median, Eleven.Pause.Min / Ten.Pause.Min);
}
