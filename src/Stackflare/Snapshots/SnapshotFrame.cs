namespace Stackflare.Snapshots;

/// <summary>The place of a thread, or of an async method that the runtime suspends itself.</summary>
internal readonly record struct SnapshotFrame
{
    /// <summary>Index of its method; null for native code.</summary>
    public int? Method { get; init; }

    /// <summary>The code address.</summary>
    public ulong Address { get; init; }

    /// <summary>The IL offset; null if not known, or if a profiler has rewritten the IL, because the PDB does not match it then.</summary>
    public int? ILOffset { get; init; }

    /// <summary>The IL offsets that the compiled code has places for; null if not known.</summary>
    public ILPlaces? ILPlaces { get; init; }

    /// <summary>The IL offset of the code that follows, in the compiled method, the code of <see cref="ILOffset"/>; null if there is none, or not known.</summary>
    public int? ILNext { get; init; }

    /// <summary>Whether the address is the next instruction of a thread; otherwise, it is a return address.</summary>
    public bool IsExact { get; init; }

    /// <summary>Whether it is an <c>await</c> at which the runtime has suspended the method.</summary>
    public bool IsAwait { get; init; }

    /// <summary>Whether a profiler has rewritten the method's IL.</summary>
    public bool IsRewritten { get; init; }

    /// <summary>Whether it is a P/Invoke whose native code the thread runs. Without code of its own, its address is 0.</summary>
    public bool IsCall { get; init; }
}
