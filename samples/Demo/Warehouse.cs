namespace OrderService;

/// <summary>What is on the shelves.</summary>
internal sealed class Warehouse
{
    internal object Shelves { get; } = new();

    internal int Stock { get; set; } = 12;
}
