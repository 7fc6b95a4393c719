namespace Stackflare.Symbols;

/// <summary>How many statements that hold a lock are around a place.</summary>
/// <param name="Exclusive">Of monitors and Locks: what C#'s <c>lock</c> makes.</param>
/// <param name="ReaderWriter">Of reader-writer locks: a <c>try</c> whose <c>finally</c> lets go of one.</param>
internal readonly record struct LockStatementCount(int Exclusive, int ReaderWriter);
