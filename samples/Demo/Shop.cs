namespace OrderService;

/// <summary>The service: everything that it does at the same time.</summary>
internal static class Shop
{
    private const int Printers = 3;

    /// <summary>Starts all work. Returns when every thread is at its final place.</summary>
    internal static void Open()
    {
        Transfers transfers = new(new Warehouse(), new Ledger());
        Thread shipping = Start("shipping", () => transfers.Ship("A-1001"));
        Thread refunds = Start("refunds", () => transfers.Refund("A-1002"));

        PriceIndex prices = new();
        Start("price index", prices.Rebuild);

        PaymentGateway gateway = new();
        _ = gateway.AuthoriseAsync("A-1003");
        _ = gateway.SettleAtNightAsync();

        InvoicePrinter printer = new(gateway);
        for (int i = 0; i < Printers; i++)
            ThreadPool.QueueUserWorkItem(_ => printer.Print("A-1004"));

        SpinWait.SpinUntil(() =>
            transfers.Deadlocked && IsWaiting(shipping) && IsWaiting(refunds)
            && prices.Passes > 0
            && printer.Workers.Count == Printers && printer.Workers.All(IsWaiting));
    }

    private static Thread Start(string name, ThreadStart work)
    {
        Thread thread = new(work) { Name = name, IsBackground = true };
        thread.Start();
        return thread;
    }

    private static bool IsWaiting(Thread thread) => thread.ThreadState.HasFlag(ThreadState.WaitSleepJoin);
}
