using System.Globalization;

namespace Stackflare.BenchTarget;

/// <summary>
/// Threads that each climb a stack of a given height and park at its top. The methods call each other in a circle of twelve, from
/// four places each, and every thread starts at another one: 48 places in the code rather than one, and stacks of twelve kinds.
/// </summary>
internal static class Tower
{
    internal static void Start(int threads, int frames)
    {
        Thread[] workers = [.. Enumerable.Range(0, threads).Select(number => new Thread(() => Work(number, frames))
        {
            Name = string.Create(CultureInfo.InvariantCulture, $"worker {number}"),
            IsBackground = true,
        })];
        Array.ForEach(workers, worker => worker.Start());

        // A thread that counted itself in would not be parked yet: only the state says it.
        SpinWait.SpinUntil(() => workers.Count(static worker => worker.ThreadState.HasFlag(ThreadState.WaitSleepJoin)) + Gate.Run >= threads);
    }

    /// <summary>Which of a method's four calls goes on, or that none does.</summary>
    internal static int Site(int depth) => depth == 0 ? -1 : depth / 12 % 4;

    // This method and Gate.Park are two of the frames.
    private static int Work(int number, int frames)
    {
        int depth = frames - 3;
        int sum = (number % 12) switch
        {
            0 => Orders.Accept(depth, number),
            1 => Orders.Validate(depth, number),
            2 => Orders.Price(depth, number),
            3 => Orders.Reserve(depth, number),
            4 => Stock.Find(depth, number),
            5 => Stock.Count(depth, number),
            6 => Stock.Allocate(depth, number),
            7 => Stock.Pick(depth, number),
            8 => Billing.Quote(depth, number),
            9 => Billing.Tax(depth, number),
            10 => Billing.Charge(depth, number),
            _ => Billing.Receipt(depth, number),
        };

        return sum + 1; // Not a call in tail position, which can become a jump that leaves no frame.
    }
}
