namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>How long the requests of a load took.</summary>
internal sealed record LoadFigures(int Count, TimeSpan Median, TimeSpan Percentile99, TimeSpan Longest)
{
    public static LoadFigures Of(IReadOnlyCollection<TimeSpan> latencies)
    {
        TimeSpan[] ordered = [.. latencies.Order()];
        return new LoadFigures(ordered.Length, At(0.5), At(0.99), At(1));

        TimeSpan At(double part) => ordered.Length == 0 ? default : ordered[Math.Min(ordered.Length - 1, (int)(part * ordered.Length))];
    }

    public override string ToString() => FormattableString.Invariant(
        $"{Count} requests, median {Median.TotalMilliseconds:0.00} ms, 99 % {Percentile99.TotalMilliseconds:0.00} ms, longest {Longest.TotalMilliseconds:0.0} ms");
}
