namespace Stackflare.Runtime;

/// <summary>The memory of a process that is looked at from outside. Any part of it may be missing.</summary>
internal interface IMemoryReader
{
    /// <summary>Reads up to the end of the buffer, or up to the first byte that is missing. Never throws.</summary>
    /// <returns>The number of bytes.</returns>
    int Read(ulong address, Span<byte> buffer);
}
