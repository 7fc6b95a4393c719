using System.Runtime.CompilerServices;

namespace Stackflare.BenchTarget;

/// <summary>A third of the circle of twelve methods that <see cref="Tower"/> climbs.</summary>
internal static class Billing
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int Quote(int depth, int item)
    {
        switch (Tower.Site(depth))
        {
            case 0:
                return Tax(depth - 1, item) + 1;
            case 1:
                return Tax(depth - 1, item + 1) + 1;
            case 2:
                return Tax(depth - 1, item + 2) + 1;
            case 3:
                return Tax(depth - 1, item + 3) + 1;
            default:
                Gate.Park();
                return item;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int Tax(int depth, int item)
    {
        switch (Tower.Site(depth))
        {
            case 0:
                return Charge(depth - 1, item) + 1;
            case 1:
                return Charge(depth - 1, item + 1) + 1;
            case 2:
                return Charge(depth - 1, item + 2) + 1;
            case 3:
                return Charge(depth - 1, item + 3) + 1;
            default:
                Gate.Park();
                return item;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int Charge(int depth, int item)
    {
        switch (Tower.Site(depth))
        {
            case 0:
                return Receipt(depth - 1, item) + 1;
            case 1:
                return Receipt(depth - 1, item + 1) + 1;
            case 2:
                return Receipt(depth - 1, item + 2) + 1;
            case 3:
                return Receipt(depth - 1, item + 3) + 1;
            default:
                Gate.Park();
                return item;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int Receipt(int depth, int item)
    {
        switch (Tower.Site(depth))
        {
            case 0:
                return Orders.Accept(depth - 1, item) + 1;
            case 1:
                return Orders.Accept(depth - 1, item + 1) + 1;
            case 2:
                return Orders.Accept(depth - 1, item + 2) + 1;
            case 3:
                return Orders.Accept(depth - 1, item + 3) + 1;
            default:
                Gate.Park();
                return item;
        }
    }
}
