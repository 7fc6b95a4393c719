namespace Stackflare.Snapshots;

/// <summary>A module that methods or types are of.</summary>
internal sealed record SnapshotModule
{
    /// <summary>The file it was loaded from, or its name; null where neither is known.</summary>
    public string? Path { get; init; }

    /// <summary>The id of this very build; null where it is not known.</summary>
    public Guid? Mvid { get; init; }

    /// <summary>Whether Reflection.Emit made it, so that it has no image.</summary>
    public bool IsDynamic { get; init; }

    /// <summary>The image, where it was copied; empty for most, which have a file.</summary>
    public ReadOnlyMemory<byte> Image { get; init; }

    /// <summary>Whether <see cref="Image"/> is laid out as it is in memory, and not as in a file.</summary>
    public bool IsImageMapped { get; init; }

    /// <summary>The PDB, where one was loaded from memory together with the image.</summary>
    public ReadOnlyMemory<byte> Symbols { get; init; }
}
