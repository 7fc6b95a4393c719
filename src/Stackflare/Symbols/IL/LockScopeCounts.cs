namespace Stackflare.Symbols.IL;

/// <summary>What a method's IL shows of locks at an offset.</summary>
/// <param name="Exclusive">Number of surrounding statements that hold a monitor or a Lock, such as C#'s <c>lock</c>.</param>
/// <param name="ReaderWriter">
/// Number of surrounding statements that hold a reader-writer lock: a <c>try</c> whose <c>finally</c> releases one.
/// </param>
/// <param name="WaitsForever">Whether the call at the offset waits for a reader-writer lock, a wait handle or a thread's end without a time limit.</param>
/// <param name="ReleasesSemaphore">Whether the method releases a semaphore anywhere. Not saved.</param>
/// <param name="WaitsForItself">Whether the call at the offset waits for the end of the current thread: <c>Thread.CurrentThread.Join()</c>. Not saved.</param>
internal readonly record struct LockScopeCounts(int Exclusive, int ReaderWriter, bool WaitsForever, bool ReleasesSemaphore = false, bool WaitsForItself = false);
