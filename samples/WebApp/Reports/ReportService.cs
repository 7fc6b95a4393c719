namespace WebApp.Reports;

internal sealed class ReportService(ReportDatabase database)
{
    internal string BuildMonthly(TimeSpan time)
    {
        int orders = SumUpOrders(time);
        return $"{orders} orders\n";
    }

    internal async Task<string> BuildMonthlyAsync(TimeSpan time)
    {
        int orders = await database.CountOrdersAsync(time);
        return $"{orders} orders\n";
    }

    private int SumUpOrders(TimeSpan time) => database.CountOrders(time);
}
