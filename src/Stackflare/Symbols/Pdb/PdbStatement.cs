namespace Stackflare.Symbols.Pdb;

/// <summary>A sequence point: where the IL of a statement begins.</summary>
/// <param name="ILOffset">The IL offset.</param>
/// <param name="Line">Line number, from 1; 0 for code that the compiler generated.</param>
internal readonly record struct PdbStatement(int ILOffset, int Line);
