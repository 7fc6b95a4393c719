namespace OrderService;

/// <summary>Moves goods in one direction and money in the other, and takes the two locks in two orders: the classic mistake.</summary>
internal sealed class Transfers(Warehouse warehouse, Ledger ledger)
{
    private int _haveOne, _wantTwo;

    /// <summary>Whether both threads have one lock and wait for the other.</summary>
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

    // In practice, this needs bad luck. Here, each thread waits until the other has its first lock.
    private void Reserve(string order)
    {
        ArgumentException.ThrowIfNullOrEmpty(order);
        Interlocked.Increment(ref _haveOne);
        SpinWait.SpinUntil(() => Volatile.Read(ref _haveOne) == 2);
        Interlocked.Increment(ref _wantTwo);
    }
}
