using Stackflare.Snapshots.Format;

namespace Stackflare.EndToEnd.Locks;

/// <summary>An object that a thread of a snapshot refers to where it waits.</summary>
/// <param name="Record">The object's record.</param>
/// <param name="Type">The full name of its type.</param>
/// <param name="Owner">The kernel's id of the thread that has entered it to write.</param>
/// <param name="Upgrader">The kernel's id of the thread that has entered it to read, and perhaps write later.</param>
/// <param name="Thread">The kernel's id of the thread that refers to it.</param>
/// <param name="Flags">What is known of that.</param>
internal sealed record ObjectSeen(ObjectRecord Record, string? Type, int? Owner, int? Upgrader, int Thread, ReferenceFlags Flags)
{
    public bool IsProven => Flags.HasFlag(ReferenceFlags.Proven);
}
