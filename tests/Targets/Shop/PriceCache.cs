using System.Collections.Concurrent;

namespace Shop;

/// <summary>Prices that are known. Who asks for one that is being loaded shares the load.</summary>
internal sealed class PriceCache(Faults faults, IServiceScopeFactory scopes)
{
    private readonly ConcurrentDictionary<int, Lazy<Task<decimal>>> _loads = new();

    public async Task<decimal> GetAsync(int article)
    {
        // All articles cost the same as the first of ten.
        int group = article % 10;
        return await _loads.GetOrAdd(group, g => new Lazy<Task<decimal>>(() => LoadAsync(g))).Value;
    }

    private async Task<decimal> LoadAsync(int article)
    {
        await using AsyncServiceScope scope = scopes.CreateAsyncScope();
        decimal price = await scope.ServiceProvider.GetRequiredService<PriceClient>().GetPriceAsync(article);
        if (faults.Is("shared load"))
            faults.NeverSet.WaitOne(); // shared load
        return price;
    }
}
