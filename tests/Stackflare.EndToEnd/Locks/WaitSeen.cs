using Stackflare.Snapshots.Format;

namespace Stackflare.EndToEnd.Locks;

/// <summary>What a thread of a snapshot waits for; threads are the kernel's ids.</summary>
internal sealed record WaitSeen(int Thread, WaitRecordKind Kind, LockSeen? Lock, int? Other, int TimeoutMs);
