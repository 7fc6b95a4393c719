namespace OrderService;

/// <summary>What was paid.</summary>
internal sealed class Ledger
{
    internal object Books { get; } = new();

    internal decimal Balance { get; set; } = 480.00m;
}
