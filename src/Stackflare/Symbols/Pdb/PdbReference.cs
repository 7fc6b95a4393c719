using System.Reflection.Metadata;

namespace Stackflare.Symbols.Pdb;

/// <summary>What an assembly says about its PDB.</summary>
/// <param name="Id">The portable PDB's id; null if it names none, or a Windows PDB, which is not read.</param>
/// <param name="Path">Where the compiler wrote the PDB; null with <paramref name="Id"/>.</param>
/// <param name="Embedded">The PDB that the assembly holds itself, inflated; null if it holds none.</param>
internal sealed record PdbReference(BlobContentId? Id, string? Path, byte[]? Embedded);
