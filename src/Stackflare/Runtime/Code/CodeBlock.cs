namespace Stackflare.Runtime.Code;

/// <summary>A compiled method, and the part of it that contains an address.</summary>
internal sealed record CodeBlock
{
    /// <summary>The runtime's description of the method.</summary>
    public required ulong Method { get; init; }

    /// <summary>The address of the method's first instruction.</summary>
    public required ulong Start { get; init; }

    /// <summary>What relative addresses count from.</summary>
    public required ulong Base { get; init; }

    /// <summary>The address of the first instruction of the part.</summary>
    public required ulong PartStart { get; init; }

    /// <summary>The address behind the last instruction of the part; 0 if it is not known.</summary>
    public ulong PartEnd { get; init; }

    /// <summary>The address of the part's unwind codes.</summary>
    public required ulong PartUnwind { get; init; }

    /// <summary>The address of the unwind codes of the method's first part.</summary>
    public required ulong Unwind { get; init; }

    /// <summary>
    /// Whether the part is the code of a catch, finally or filter block. The compiler makes functions of these, which have the frame pointer of the method.
    /// </summary>
    public bool IsHandler { get; init; }

    /// <summary>Whether the part is the code of a filter, which runs before the frames of the exception are left.</summary>
    public bool IsFilter { get; init; }

    /// <summary>The address of the compiler's map from code to IL; 0 if there is none.</summary>
    public ulong DebugInfo { get; init; }

    /// <summary>The image that contains the code, if it was compiled ahead of time: its debug info has a format of its own.</summary>
    public bool IsAheadOfTime { get; init; }

    /// <summary>How many bytes of the method are before the part, if the part is not behind them in memory.</summary>
    public uint? MovedTo { get; init; }

    /// <summary>The offset in the method of an address in the part.</summary>
    public uint OffsetOf(ulong address) => MovedTo is { } before ? (uint)(address - PartStart) + before : (uint)(address - Start);
}
