namespace Stackflare;

/// <summary>Where the source text of a frame is from, or why there is none.</summary>
public enum SourceTextOrigin
{
    /// <summary>Source text was not asked for.</summary>
    NotRequested,

    /// <summary>The text is from the source embedded in the PDB.</summary>
    Embedded,

    /// <summary>The text is from the file, whose checksum is the one in the PDB.</summary>
    File,

    /// <summary>There is no file at the path, or it cannot be read.</summary>
    FileNotFound,

    /// <summary>The file at the path is not the one that was compiled: its checksum differs.</summary>
    FileChanged,

    /// <summary>The PDB has no checksum of a known kind for the file, so that its text cannot be trusted.</summary>
    NoChecksum,
}
