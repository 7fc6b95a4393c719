using Stackflare.Snapshots;

namespace Stackflare.Runtime.Locks;

/// <summary>The runtime's record of what a thread waits for.</summary>
/// <param name="Object">What it waits for, by the kind.</param>
/// <param name="Kind">The kind; see <see cref="BlockingKinds"/>.</param>
/// <param name="Timeout">The time limit in milliseconds; negative for none.</param>
internal readonly record struct BlockingRecord(ulong Object, uint Kind, int Timeout);

/// <summary>Reads the monitors of one generation of runtimes.</summary>
internal interface IMonitorReader
{
    /// <summary>Adds the monitors that are held or waited for, after those of <see cref="WaitOf"/> or before; see <see cref="IsFirst"/>.</summary>
    /// <returns>False if the sync blocks do not have the expected layout.</returns>
    bool ReadAll();

    /// <summary>Whether the monitors must be read before the waits.</summary>
    bool IsFirst { get; }

    /// <summary>What a record says, and the lock; null if that is not known.</summary>
    /// <exception cref="MissingMemoryException">Memory is missing.</exception>
    (SnapshotWaitKind Kind, int Lock)? WaitOf(in BlockingRecord record);

    /// <summary>Whether a Lock that a stack refers to is not that of a monitor.</summary>
    bool IsOwn(ulong address);
}
