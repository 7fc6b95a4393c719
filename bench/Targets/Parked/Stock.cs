using System.Runtime.CompilerServices;

namespace Stackflare.BenchTarget;

/// <summary>A third of the circle of twelve methods that <see cref="Tower"/> climbs.</summary>
internal static class Stock
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int Find(int depth, int item)
    {
        switch (Tower.Site(depth))
        {
            case 0:
                return Count(depth - 1, item) + 1;
            case 1:
                return Count(depth - 1, item + 1) + 1;
            case 2:
                return Count(depth - 1, item + 2) + 1;
            case 3:
                return Count(depth - 1, item + 3) + 1;
            default:
                Gate.Park();
                return item;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int Count(int depth, int item)
    {
        switch (Tower.Site(depth))
        {
            case 0:
                return Allocate(depth - 1, item) + 1;
            case 1:
                return Allocate(depth - 1, item + 1) + 1;
            case 2:
                return Allocate(depth - 1, item + 2) + 1;
            case 3:
                return Allocate(depth - 1, item + 3) + 1;
            default:
                Gate.Park();
                return item;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int Allocate(int depth, int item)
    {
        switch (Tower.Site(depth))
        {
            case 0:
                return Pick(depth - 1, item) + 1;
            case 1:
                return Pick(depth - 1, item + 1) + 1;
            case 2:
                return Pick(depth - 1, item + 2) + 1;
            case 3:
                return Pick(depth - 1, item + 3) + 1;
            default:
                Gate.Park();
                return item;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int Pick(int depth, int item)
    {
        switch (Tower.Site(depth))
        {
            case 0:
                return Billing.Quote(depth - 1, item) + 1;
            case 1:
                return Billing.Quote(depth - 1, item + 1) + 1;
            case 2:
                return Billing.Quote(depth - 1, item + 2) + 1;
            case 3:
                return Billing.Quote(depth - 1, item + 3) + 1;
            default:
                Gate.Park();
                return item;
        }
    }
}
