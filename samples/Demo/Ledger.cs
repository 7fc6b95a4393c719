namespace OrderService;

/// <summary>The payments. A thread that changes the balance must lock it.</summary>
internal sealed class Ledger
{
    internal decimal Balance { get; set; } = 480.00m;
}
