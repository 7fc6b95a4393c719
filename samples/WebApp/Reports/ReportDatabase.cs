namespace WebApp.Reports;

/// <summary>A slow database.</summary>
internal sealed class ReportDatabase
{
    private int _orders = 41;

    /// <summary>Blocks a pool thread meanwhile.</summary>
    internal int CountOrders(TimeSpan time)
    {
        Thread.Sleep(time);
        return Interlocked.Increment(ref _orders);
    }

    /// <summary>Blocks no thread.</summary>
    internal async Task<int> CountOrdersAsync(TimeSpan time)
    {
        await Task.Delay(time);
        return Interlocked.Increment(ref _orders);
    }
}
