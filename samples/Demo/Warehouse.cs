namespace OrderService;

/// <summary>What is on the shelves. Whoever changes the stock locks it.</summary>
internal sealed class Warehouse
{
    internal int Stock { get; set; } = 12;
}
