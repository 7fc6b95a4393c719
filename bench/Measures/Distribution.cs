namespace Stackflare.Bench.Measures;

/// <summary>What is said of a set of figures.</summary>
internal sealed record Distribution(double Min, double Median, double P95)
{
    internal static Distribution Of(IEnumerable<double> figures)
    {
        double[] sorted = [.. figures.Order()];
        return new Distribution(sorted[0], MedianOf(sorted), sorted[(int)Math.Ceiling(sorted.Length * 0.95) - 1]);
    }

    internal static double MedianOf(IEnumerable<double> figures)
    {
        double[] sorted = [.. figures.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
