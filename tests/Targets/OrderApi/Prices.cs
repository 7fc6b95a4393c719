namespace OrderApi;

/// <summary>Asks elsewhere for prices.</summary>
internal sealed class Prices
{
    /// <summary>Goes on on a thread of the pool, when there is one.</summary>
    public async Task<decimal> FindAsync(int article)
    {
        await Task.Delay(100);
        return article * 9.95m;
    }
}
