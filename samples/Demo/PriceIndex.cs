namespace OrderService;

/// <summary>Runs forever.</summary>
internal sealed class PriceIndex
{
    private long _passes;

    internal long Passes => Volatile.Read(ref _passes);

    internal void Rebuild()
    {
        double[] prices = new double[1024];
        while (true)
        {
            Smooth(prices);
            Volatile.Write(ref _passes, _passes + 1);
        }
    }

    private static void Smooth(double[] prices)
    {
        for (int i = 1; i < prices.Length; i++)
            prices[i] = Math.Sqrt(prices[i - 1] + i);
    }
}
