namespace Stackflare;

/// <summary>A lock that a thread holds.</summary>
/// <param name="Lock">The lock.</param>
/// <param name="FrameIndex">
/// The index in <see cref="DumpThread.Frames"/> of the frame that took the lock; null if not known. That frame may have returned.
/// </param>
/// <param name="IsShared">Whether other threads can hold the lock at the same time: it is held for reading.</param>
public sealed record HeldLock(DumpLock Lock, int? FrameIndex, bool IsShared);
