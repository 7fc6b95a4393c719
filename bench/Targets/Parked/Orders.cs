using System.Runtime.CompilerServices;

namespace Stackflare.BenchTarget;

/// <summary>A third of the circle of twelve methods that <see cref="Tower"/> climbs.</summary>
internal static class Orders
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int Accept(int depth, int item)
    {
        switch (Tower.Site(depth))
        {
            case 0:
                return Validate(depth - 1, item) + 1;
            case 1:
                return Validate(depth - 1, item + 1) + 1;
            case 2:
                return Validate(depth - 1, item + 2) + 1;
            case 3:
                return Validate(depth - 1, item + 3) + 1;
            default:
                Gate.Park();
                return item;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int Validate(int depth, int item)
    {
        switch (Tower.Site(depth))
        {
            case 0:
                return Price(depth - 1, item) + 1;
            case 1:
                return Price(depth - 1, item + 1) + 1;
            case 2:
                return Price(depth - 1, item + 2) + 1;
            case 3:
                return Price(depth - 1, item + 3) + 1;
            default:
                Gate.Park();
                return item;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int Price(int depth, int item)
    {
        switch (Tower.Site(depth))
        {
            case 0:
                return Reserve(depth - 1, item) + 1;
            case 1:
                return Reserve(depth - 1, item + 1) + 1;
            case 2:
                return Reserve(depth - 1, item + 2) + 1;
            case 3:
                return Reserve(depth - 1, item + 3) + 1;
            default:
                Gate.Park();
                return item;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int Reserve(int depth, int item)
    {
        switch (Tower.Site(depth))
        {
            case 0:
                return Stock.Find(depth - 1, item) + 1;
            case 1:
                return Stock.Find(depth - 1, item + 1) + 1;
            case 2:
                return Stock.Find(depth - 1, item + 2) + 1;
            case 3:
                return Stock.Find(depth - 1, item + 3) + 1;
            default:
                Gate.Park();
                return item;
        }
    }
}
