namespace Stackflare;

/// <summary>Where the source text of a frame comes from, or why there is none.</summary>
public enum SourceTextOrigin
{
    /// <summary>Source text was not requested.</summary>
    NotRequested,

    /// <summary>The text comes from the source embedded in the PDB.</summary>
    Embedded,

    /// <summary>The text comes from the file, whose checksum matches the PDB.</summary>
    File,

    /// <summary>The file does not exist or cannot be read.</summary>
    FileNotFound,

    /// <summary>The file is not the one that was compiled: its checksum differs.</summary>
    FileChanged,

    /// <summary>The PDB has no checksum of a known kind for the file, so its text cannot be trusted.</summary>
    NoChecksum,
}
