using Stackflare.Snapshots;

namespace Stackflare.Runtime.Locks;

/// <summary>The locks that were found, each once. Nothing is added to a snapshot before it is certain that the layout is the expected one.</summary>
internal sealed class LockTable(LockContext context)
{
    private const int MaxLocks = 1 << 16;

    private readonly Dictionary<ulong, int> _indexes = [];
    private readonly List<SnapshotLock> _locks = [];

    public IReadOnlyList<SnapshotLock> All => _locks;

    /// <summary>The index of the lock of an object; null if it is not known.</summary>
    public int? Find(ulong address) => _indexes.TryGetValue(address, out int index) ? index : null;

    /// <summary>The index of a lock, known or new; null if there is no room.</summary>
    public int? Add(SnapshotLock entry)
    {
        if (Find(entry.Address) is { } known)
            return known;
        if (_locks.Count == MaxLocks)
        {
            context.IsTruncated = true;
            return null;
        }
        _locks.Add(entry);
        return _indexes[entry.Address] = _locks.Count - 1;
    }

    /// <summary>A monitor that a thread with this id holds.</summary>
    public SnapshotLock HeldMonitor(ulong address, uint managedId, int recursion, bool isGuess = false) => new()
    {
        Address = address,
        Kind = LockKind.Monitor,
        Type = context.Types.IndexOf(context.Types.TypeOf(address)),
        Owner = context.Ids.OfManaged(managedId),
        IsAbandoned = context.Ids.HasManagedEnded(managedId),
        Recursion = recursion,
        IsGuess = isGuess,
    };

    /// <summary>A monitor that no thread holds.</summary>
    public SnapshotLock FreeMonitor(ulong address) => new() { Address = address, Kind = LockKind.Monitor, Type = context.Types.IndexOf(context.Types.TypeOf(address)) };
}
