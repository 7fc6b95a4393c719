namespace Stackflare.Snapshots;

/// <summary>A monitor or a <c>Lock</c> that somebody holds or waits for.</summary>
internal sealed record SnapshotLock
{
    /// <summary>The address of the object.</summary>
    public required ulong Address { get; init; }

    public required LockKind Kind { get; init; }

    /// <summary>The index of the object's type; null where it is not known.</summary>
    public int? Type { get; init; }

    /// <summary>The index of the thread that holds it; null where none does, or it is not known.</summary>
    public int? Owner { get; init; }

    /// <summary>Whether its owner has ended.</summary>
    public bool IsAbandoned { get; init; }

    /// <summary>How often more than once its owner has it.</summary>
    public int Recursion { get; init; }

    /// <summary>Whether only a stack led to it, so that the name of its type has to say that it is one.</summary>
    public bool IsGuess { get; init; }
}

/// <summary>A frame that refers to a lock which its thread holds.</summary>
/// <param name="Thread">The index of the thread.</param>
/// <param name="Lock">The index of the lock.</param>
/// <param name="Frame">The frame's number in the stack, from the innermost; null where none refers to it.</param>
internal readonly record struct SnapshotHeldLock(int Thread, int Lock, int? Frame);
