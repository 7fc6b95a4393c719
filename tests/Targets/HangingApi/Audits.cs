namespace HangingApi;

/// <summary>Works for requests, beside them and after them.</summary>
internal sealed class Audits(Checkout checkout)
{
    private readonly TaskCompletionSource _never = new();

    /// <summary>Begins work that keeps the request's context, and then waits for something else.</summary>
    public async Task<string> PayAsync(HttpContext context, int number)
    {
        _ = WatchAsync(context);
        return await checkout.PayAsync(number);
    }

    /// <summary>Answers at once, and leaves such work behind.</summary>
    public string Leave(HttpContext context)
    {
        _ = WatchAsync(context);
        return "left\n";
    }

    private async Task WatchAsync(HttpContext context)
    {
        await _never.Task;
        GC.KeepAlive(context);
    }
}
