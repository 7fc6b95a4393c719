namespace Stackflare.Runtime;

/// <summary>
/// Memory that is needed is missing, or what it contains cannot be right. Code that can go on without it catches this exception. It never leaves this
/// layer.
/// </summary>
internal sealed class MissingMemoryException(ulong address) : Exception
{
    /// <summary>What is missing.</summary>
    public ulong Address { get; } = address;
}
