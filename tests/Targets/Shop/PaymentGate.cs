namespace Shop;

/// <summary>At most four payments at once.</summary>
internal sealed class PaymentGate(Faults faults)
{
    private const int AtOnce = 4;

    private readonly SemaphoreSlim _free = new(AtOnce);
    private int _payments;

    public async Task PayAsync(decimal price)
    {
        await _free.WaitAsync(); // leaked gate
        await Task.Delay(1);
        // A payment of nothing returns early and keeps its place.
        if (faults.Is("leaked gate") && Interlocked.Increment(ref _payments) > 2)
            return;
        _free.Release();
    }
}
