namespace Shop;

/// <summary>The service of prices.</summary>
internal sealed class PriceList(Faults faults)
{
    public async Task<decimal> FindAsync(int article)
    {
        if (faults.Is("silent service"))
            await faults.Never; // silent service: the other side
        await Task.Delay(5);
        return article * 9.95m;
    }
}
