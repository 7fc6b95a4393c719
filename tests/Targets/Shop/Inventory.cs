namespace Shop;

/// <summary>What is in stock, and what was sold: two locks.</summary>
internal sealed class Inventory(Faults faults)
{
    private readonly object _stock = new(), _sales = new();
    private readonly CountdownEvent _bothHeld = new(2);
    private readonly Dictionary<int, int> _reserved = [], _sold = [];

    public void Reserve(int article)
    {
        lock (_stock)
        {
            _reserved[article] = _reserved.GetValueOrDefault(article) + 1;
            Linger();
            lock (_sales) // deadlock
                _sold[article] = _sold.GetValueOrDefault(article) + 1;
        }
    }

    public int Refund(int article)
    {
        lock (faults.Is("deadlock") ? _sales : _stock)
        {
            Linger();
            lock (faults.Is("deadlock") ? _stock : _sales) // deadlock: the other order
                return _sold[article] = _sold.GetValueOrDefault(article) - 1;
        }
    }

    /// <summary>The best of the discounts. Its loop does not end if the steps do not get smaller.</summary>
    public decimal Discount(decimal price)
    {
        decimal discount = 0, step = price / 10;
        while (step > 0.01m) // spin
        {
            discount += step / 100;
            step = faults.Is("spin") ? step : step / 2;
        }

        return Math.Min(discount, price / 2);
    }

    /// <summary>Until one thread reserves and another refunds: each holds one of the locks then.</summary>
    private void Linger()
    {
        if (!faults.Is("deadlock"))
            return;
        _bothHeld.Signal();
        _bothHeld.Wait();
    }
}
