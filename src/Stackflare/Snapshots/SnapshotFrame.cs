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

    /// <summary>Whether it is an <c>await</c> at which the runtime has suspended the method.</summary>
    public bool IsAwait { get; init; }

    /// <summary>Whether a profiler has rewritten the method's IL.</summary>
    public bool IsRewritten { get; init; }
}
