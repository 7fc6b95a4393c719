using Stackflare.Runtime.Code;

namespace Stackflare.Runtime.Stacks;

/// <summary>A frame of a stack, before it has a name.</summary>
internal readonly record struct WalkedFrame
{
    /// <summary>The code; null for native code, and for a P/Invoke without managed code.</summary>
    public CodeBlock? Block { get; init; }

    /// <summary>The next instruction of the thread, or a return address; 0 for a run of native code.</summary>
    public ulong Ip { get; init; }

    /// <summary>The stack pointer of managed code, where its part of the stack begins; otherwise 0.</summary>
    public ulong Sp { get; init; }

    /// <summary>Whether <see cref="Ip"/> is the next instruction.</summary>
    public bool IsExact { get; init; }

    /// <summary>Whether the method raised an exception there, and so made no call that its IL has.</summary>
    public bool IsThrow { get; init; }

    /// <summary>Whether the method is a P/Invoke whose native code the thread runs.</summary>
    public bool IsCall { get; init; }

    /// <summary>The method of a P/Invoke without managed code; otherwise 0.</summary>
    public ulong Call { get; init; }
}
