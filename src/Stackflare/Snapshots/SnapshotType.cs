namespace Stackflare.Snapshots;

/// <summary>A type, or an instance of a generic one.</summary>
internal sealed record SnapshotType
{
    /// <summary>The index of its module; null where nothing is known of the type, and for arrays.</summary>
    public int? Module { get; init; }

    /// <summary>The TypeDef token.</summary>
    public uint Token { get; init; }

    /// <summary>Indexes of types, of an array the element's; null for one that is not known.</summary>
    public ReadOnlyMemory<int?> Arguments { get; init; }

    public bool IsArray { get; init; }

    /// <summary>The dimensions of an array.</summary>
    public int Rank { get; init; }
}
