namespace WebApp.Reports;

/// <summary>A database that answers when it likes.</summary>
internal sealed class ReportDatabase
{
    private int _orders = 41;

    /// <summary>Keeps a thread of the pool for all that time.</summary>
    internal int CountOrders(TimeSpan time)
    {
        Thread.Sleep(time);
        return Interlocked.Increment(ref _orders);
    }

    /// <summary>Keeps no thread.</summary>
    internal async Task<int> CountOrdersAsync(TimeSpan time)
    {
        await Task.Delay(time);
        return Interlocked.Increment(ref _orders);
    }
}
