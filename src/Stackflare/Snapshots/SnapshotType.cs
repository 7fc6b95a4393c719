namespace Stackflare.Snapshots;

/// <summary>A type, or an instance of a generic one.</summary>
internal sealed record SnapshotType
{
    /// <summary>Index of its module; null if the type is not known, and for arrays.</summary>
    public int? Module { get; init; }

    /// <summary>The TypeDef token.</summary>
    public uint Token { get; init; }

    /// <summary>Indexes of the type arguments; for an array, of the element type. Null for one that is not known.</summary>
    public ReadOnlyMemory<int?> Arguments { get; init; }

    public bool IsArray { get; init; }

    /// <summary>The rank of an array.</summary>
    public int Rank { get; init; }
}
