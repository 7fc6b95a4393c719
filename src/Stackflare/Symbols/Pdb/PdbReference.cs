using System.Reflection.Metadata;

namespace Stackflare.Symbols.Pdb;

/// <summary>An assembly's reference to its PDB.</summary>
/// <param name="Id">The portable PDB's id; null if there is no reference, or one to a Windows PDB, which is not supported.</param>
/// <param name="Path">Where the compiler wrote the PDB; null if <paramref name="Id"/> is.</param>
/// <param name="Embedded">The PDB that is embedded in the assembly, inflated; null if there is none.</param>
internal sealed record PdbReference(BlobContentId? Id, string? Path, byte[]? Embedded);
