using Stackflare.Interop;
using Stackflare.Symbols.Modules;

namespace Stackflare.Symbols.Pdb;

/// <summary>
/// A source file as a PDB names it, with what is known of the file at that path. The mutable part belongs to <see cref="SourceFiles"/>.
/// </summary>
internal sealed class SourceDocument
{
    public required string Path { get; init; }

    /// <summary>SHA-256 or SHA-1, by its length; null where the PDB has neither.</summary>
    public byte[]? Hash { get; init; }

    /// <summary>Whether the PDB holds the source itself.</summary>
    public bool IsEmbedded { get; init; }

    /// <summary>The session that last looked at the file.</summary>
    public int LookedAtIn { get; set; }

    /// <summary>Where the file was found.</summary>
    public RootedPath? FoundPath { get; set; }

    /// <summary>The file's stamp when it was last looked at; what follows holds for it.</summary>
    public FileStamp? Stamp { get; set; }

    /// <summary>Set once the file with this stamp turned out to be another one.</summary>
    public bool IsChanged { get; set; }

    /// <summary>Texts of lines out of the file with this stamp, taken when its checksum had been found right.</summary>
    public Dictionary<int, string>? Lines { get; set; }

    /// <summary>Estimated bytes of <see cref="Lines"/>.</summary>
    public int Retained { get; set; }
}
