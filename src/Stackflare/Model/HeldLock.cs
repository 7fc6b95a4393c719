namespace Stackflare;

/// <summary>A lock that a thread holds.</summary>
/// <param name="Lock">The lock.</param>
/// <param name="FrameIndex">
/// The index in <see cref="DumpThread.Frames"/> of the frame that took it; null where that is not known: it may have returned.
/// </param>
/// <param name="IsShared">Whether others can hold it at the same time: it is held for reading.</param>
public sealed record HeldLock(DumpLock Lock, int? FrameIndex, bool IsShared);
