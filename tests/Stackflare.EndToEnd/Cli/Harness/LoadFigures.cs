namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>What became of the requests of a load.</summary>
internal sealed record LoadFigures(int Count, int Failed, TimeSpan Time, TimeSpan Median, TimeSpan Percentile99, TimeSpan Longest)
{
    public override string ToString() => FormattableString.Invariant(
        $"{Count} requests in {Time.TotalSeconds:0.0} s, {Failed} failed, median {Median.TotalMilliseconds:0.00} ms, 99 % {Percentile99.TotalMilliseconds:0.00} ms, longest {Longest.TotalMilliseconds:0.0} ms");
}
