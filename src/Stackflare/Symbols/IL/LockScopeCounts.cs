namespace Stackflare.Symbols.IL;

/// <summary>What a method's IL tells of locks at a place.</summary>
/// <param name="Exclusive">In how many statements it is that hold a monitor or a Lock: what C#'s <c>lock</c> makes.</param>
/// <param name="ReaderWriter">In how many that hold a reader-writer lock: a <c>try</c> whose <c>finally</c> lets go of one.</param>
/// <param name="WaitsForEver">Whether what is called there is a wait for a reader-writer lock or a thread's end that has no time limit.</param>
internal readonly record struct LockScopeCounts(int Exclusive, int ReaderWriter, bool WaitsForEver);
