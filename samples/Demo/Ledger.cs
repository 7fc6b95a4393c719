namespace OrderService;

/// <summary>What was paid. Whoever changes the balance locks it.</summary>
internal sealed class Ledger
{
    internal decimal Balance { get; set; } = 480.00m;
}
