namespace OrderService;

/// <summary>The stock. A thread that changes it must lock it.</summary>
internal sealed class Warehouse
{
    internal int Stock { get; set; } = 12;
}
