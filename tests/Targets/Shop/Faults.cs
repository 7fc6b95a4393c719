namespace Shop;

/// <summary>Which part of the shop is broken, and what those who hang in it wait for.</summary>
/// <param name="name">The name of the fault; null for a healthy shop.</param>
internal sealed class Faults(string? name)
{
    /// <summary>Never completes.</summary>
    public Task Never { get; } = new TaskCompletionSource().Task;

    /// <summary>Never set.</summary>
    public ManualResetEvent NeverSet { get; } = new(false);

    /// <summary>Whether this part is broken.</summary>
    public bool Is(string part) => part == name;
}
