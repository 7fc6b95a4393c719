namespace Stackflare.Symbols.Pdb;

/// <summary>The source location of a frame, or why there is none.</summary>
/// <param name="Status">Whether there is one.</param>
/// <param name="Document">The source file; null if there is none.</param>
/// <param name="Source">File, line and text; null with <paramref name="Document"/>.</param>
internal readonly record struct FoundLine(SymbolStatus Status, SourceDocument? Document, SourceLocation? Source);
