using Stackflare.Snapshots.Format;

namespace Stackflare.EndToEnd.Locks;

/// <summary>A lock of a snapshot.</summary>
/// <param name="Record">Its record.</param>
/// <param name="Type">The full name of its object's type.</param>
/// <param name="Owner">The kernel's id of the thread that holds it.</param>
internal sealed record LockSeen(LockRecord Record, string? Type, int? Owner)
{
    public ulong Object => Record.Object;

    public bool IsThin => Record.Flags.HasFlag(LockFlags.Thin);

    public bool IsFromStack => Record.Flags.HasFlag(LockFlags.FromStack);
}
