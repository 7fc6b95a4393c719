namespace OrderService;

/// <summary>Moves goods one way and money the other, and takes the two locks in two orders: the classic mistake.</summary>
internal sealed class Transfers(Warehouse warehouse, Ledger ledger)
{
    private int _haveOne, _wantTwo;

    /// <summary>Whether both threads have one lock and go for the other.</summary>
    internal bool Deadlocked => Volatile.Read(ref _wantTwo) == 2;

    internal void Ship(string order)
    {
        lock (warehouse)
        {
            Reserve(order);
            lock (ledger)
            {
                warehouse.Stock--;
                ledger.Balance += 39.90m;
            }
        }
    }

    internal void Refund(string order)
    {
        lock (ledger)
        {
            Reserve(order);
            lock (warehouse)
            {
                warehouse.Stock++;
                ledger.Balance -= 39.90m;
            }
        }
    }

    // In real life it takes bad luck; here each waits until the other has its first lock.
    private void Reserve(string order)
    {
        ArgumentException.ThrowIfNullOrEmpty(order);
        Interlocked.Increment(ref _haveOne);
        SpinWait.SpinUntil(() => Volatile.Read(ref _haveOne) == 2);
        Interlocked.Increment(ref _wantTwo);
    }
}
