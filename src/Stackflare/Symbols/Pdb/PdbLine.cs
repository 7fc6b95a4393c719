namespace Stackflare.Symbols.Pdb;

/// <summary>The source location of an IL offset of a method, or why there is none.</summary>
/// <param name="Status">Whether there is one.</param>
/// <param name="Document">The source file; null if there is none.</param>
/// <param name="Line">Line number, from 1.</param>
/// <param name="Column">Column number, from 1.</param>
/// <param name="EmbeddedText">The line's text, if the PDB contains the source and texts are requested.</param>
internal sealed record PdbLine(SymbolStatus Status, SourceDocument? Document, int Line, int Column, string? EmbeddedText);
