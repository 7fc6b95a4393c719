namespace Stackflare.Snapshots;

/// <summary>A place where a thread, or an async method that the runtime itself suspends, stands.</summary>
internal readonly record struct SnapshotFrame
{
    /// <summary>The index of its method; null for native code.</summary>
    public int? Method { get; init; }

    /// <summary>Where in the code it is.</summary>
    public ulong Address { get; init; }

    /// <summary>The IL offset; null where it is not known, or is one of IL that a profiler wrote, of which no PDB knows.</summary>
    public int? ILOffset { get; init; }

    /// <summary>Whether it is an <c>await</c> at which the runtime suspended the method.</summary>
    public bool IsAwait { get; init; }

    /// <summary>Whether a profiler wrote the method's IL anew.</summary>
    public bool IsRewritten { get; init; }
}
