using System.Globalization;

namespace Shop;

/// <summary>Asks the service of prices.</summary>
internal sealed class PriceClient(HttpClient http)
{
    public async Task<decimal> GetPriceAsync(int article)
    {
        using HttpResponseMessage response = await http.GetAsync($"price/{article}"); // silent service
        return decimal.Parse(await response.Content.ReadAsStringAsync(), CultureInfo.InvariantCulture);
    }

    /// <summary>Blocks a thread of the pool, and the answer needs one.</summary>
    public string Quote(int article)
    {
        decimal price = GetPriceAsync(article).Result; // starvation
        return price.ToString(CultureInfo.InvariantCulture);
    }
}
