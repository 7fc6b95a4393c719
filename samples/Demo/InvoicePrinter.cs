using System.Collections.Concurrent;

namespace OrderService;

/// <summary>Waits for an asynchronous answer with a thread of the pool: the other classic mistake.</summary>
internal sealed class InvoicePrinter(PaymentGateway gateway)
{
    /// <summary>The pool's threads that print.</summary>
    internal ConcurrentBag<Thread> Workers { get; } = [];

    internal void Print(string order)
    {
        Workers.Add(Thread.CurrentThread);
        bool paid = gateway.AuthoriseAsync(order).GetAwaiter().GetResult();
        Console.WriteLine($"{order}: {(paid ? "paid" : "open")}");
    }
}
