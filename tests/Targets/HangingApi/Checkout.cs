namespace HangingApi;

/// <summary>Has a till at which one is served at a time, and somebody who does not go away.</summary>
internal sealed class Checkout(Hanging hanging) : IDisposable
{
    private readonly SemaphoreSlim _till = new(0, 1);

    public async Task<string> PayAsync(int number)
    {
        Trail trail = hanging.Begin();
        await EnterAsync(trail.Here<Checkout>());
        return $"{number} paid\n";
    }

    public void Dispose() => _till.Dispose();

    private async ValueTask EnterAsync(Trail trail) => await trail.Here<Checkout>().Hang(_till.WaitAsync()).ConfigureAwait(false);
}
