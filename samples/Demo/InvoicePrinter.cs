using System.Collections.Concurrent;

namespace OrderService;

/// <summary>Blocks a pool thread until an asynchronous operation completes: the other classic mistake.</summary>
internal sealed class InvoicePrinter(PaymentGateway gateway)
{
    /// <summary>The pool threads that print.</summary>
    internal ConcurrentBag<Thread> Workers { get; } = [];

    internal void Print(string order)
    {
        Workers.Add(Thread.CurrentThread);
        bool paid = gateway.AuthoriseAsync(order).GetAwaiter().GetResult();
        Console.WriteLine($"{order}: {(paid ? "paid" : "open")}");
    }
}
