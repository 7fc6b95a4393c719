using Stackflare.Interop;
using Stackflare.Symbols.Modules;

namespace Stackflare.Symbols.Pdb;

/// <summary>
/// A source file in a PDB, with the state of the file at that path. The mutable part belongs to <see cref="SourceFiles"/>.
/// </summary>
internal sealed class SourceDocument
{
    public required string Path { get; init; }

    /// <summary>SHA-256 or SHA-1, by its length; null if the PDB has neither.</summary>
    public byte[]? Hash { get; init; }

    /// <summary>Whether the PDB contains the source.</summary>
    public bool IsEmbedded { get; init; }

    /// <summary>The session that last checked the file.</summary>
    public int LookedAtIn { get; set; }

    /// <summary>Where the file was found.</summary>
    public RootedPath? FoundPath { get; set; }

    /// <summary>The file's stamp at the last check. The following members belong to it.</summary>
    public FileStamp? Stamp { get; set; }

    /// <summary>Whether the file with this stamp is not the compiled one.</summary>
    public bool IsChanged { get; set; }

    /// <summary>Lines of the file with this stamp, read after its checksum was confirmed.</summary>
    public Dictionary<int, string>? Lines { get; set; }

    /// <summary>Estimated bytes of <see cref="Lines"/>.</summary>
    public int Retained { get; set; }
}
