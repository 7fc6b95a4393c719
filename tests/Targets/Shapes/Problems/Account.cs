namespace Stackflare.Targets.Shapes.Problems;

/// <summary>An account of a <see cref="Bank"/>. Whoever changes its balance locks it.</summary>
/// <param name="balance">What is in it.</param>
internal sealed class Account(decimal balance)
{
    /// <summary>What is in it.</summary>
    public decimal Balance { get; set; } = balance;
}
