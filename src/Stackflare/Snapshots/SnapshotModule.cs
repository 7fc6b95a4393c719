namespace Stackflare.Snapshots;

/// <summary>A module of methods or types.</summary>
internal sealed record SnapshotModule
{
    /// <summary>The file it was loaded from, or its name; null if neither is known.</summary>
    public string? Path { get; init; }

    /// <summary>The module version id; null if not known.</summary>
    public Guid? Mvid { get; init; }

    /// <summary>Whether it was made by Reflection.Emit, so that it has no image.</summary>
    public bool IsDynamic { get; init; }

    /// <summary>The image, if it was copied; empty for most modules, which have a file.</summary>
    public ReadOnlyMemory<byte> Image { get; init; }

    /// <summary>Whether <see cref="Image"/> has the layout of memory instead of a file.</summary>
    public bool IsImageMapped { get; init; }

    /// <summary>The PDB, if it was loaded from memory together with the image.</summary>
    public ReadOnlyMemory<byte> Symbols { get; init; }
}
