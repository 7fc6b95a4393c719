namespace HangingApi;

/// <summary>Asks elsewhere for prices.</summary>
internal sealed class Prices(Hanging hanging, SilentBackend backend) : IDisposable
{
    private readonly HttpClient _client = new() { BaseAddress = backend.Address, Timeout = Timeout.InfiniteTimeSpan };

    public async Task<decimal> FindAsync(int article) => decimal.Parse(await AskAsync(article, hanging.Begin().Here<Prices>()));

    public void Dispose() => _client.Dispose();

    private async Task<string> AskAsync(int article, Trail trail)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/{article}");
        using HttpResponseMessage response = await trail.Here<Prices>().Hang(_client.SendAsync(request));
        return await response.Content.ReadAsStringAsync();
    }
}
