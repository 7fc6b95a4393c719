using System.Runtime.CompilerServices;

namespace OrderApi;

internal sealed class Orders(Prices prices)
{
    /// <summary>Blocks a thread of the pool until another one has found the price.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public string Place(int number)
    {
        Tell();
        decimal price = prices.FindAsync(number).Result;
        return $"{price}\n";
    }

    /// <summary>The truth: the line after this one blocks.</summary>
    private static void Tell([CallerMemberName] string member = "", [CallerLineNumber] int line = 0) =>
        Console.WriteLine($"BLOCKS {typeof(Orders).FullName}.{member} {line + 1}");
}
