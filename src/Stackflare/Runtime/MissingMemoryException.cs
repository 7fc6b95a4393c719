namespace Stackflare.Runtime;

/// <summary>
/// Memory that is needed is missing, or what it contains cannot be right. Whoever reads something that can be left out catches it; it never leaves this
/// layer.
/// </summary>
internal sealed class MissingMemoryException(ulong address) : Exception
{
    /// <summary>What is missing.</summary>
    public ulong Address { get; } = address;
}
