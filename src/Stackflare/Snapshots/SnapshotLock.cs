namespace Stackflare.Snapshots;

/// <summary>A monitor or a <c>Lock</c> that a thread holds or waits for.</summary>
internal sealed record SnapshotLock
{
    /// <summary>The address of the object.</summary>
    public required ulong Address { get; init; }

    public required LockKind Kind { get; init; }

    /// <summary>Index of the object's type; null if not known.</summary>
    public int? Type { get; init; }

    /// <summary>Index of the thread that holds it; null if there is none or it is not known.</summary>
    public int? Owner { get; init; }

    /// <summary>Whether its owner has ended.</summary>
    public bool IsAbandoned { get; init; }

    /// <summary>How many times the owner has entered it again after the first time.</summary>
    public int Recursion { get; init; }

    /// <summary>Whether it was found only by scanning a stack, so that the name of its type must confirm that it is a lock.</summary>
    public bool IsGuess { get; init; }
}

/// <summary>A frame that refers to a lock that its thread holds.</summary>
/// <param name="Thread">Index of the thread.</param>
/// <param name="Lock">Index of the lock.</param>
/// <param name="Frame">The frame's number in the stack, from the innermost; null if no frame refers to it.</param>
internal readonly record struct SnapshotHeldLock(int Thread, int Lock, int? Frame);
