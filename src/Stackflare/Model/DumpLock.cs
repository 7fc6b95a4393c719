using Stackflare.Model;

namespace Stackflare;

/// <summary>
/// A lock that a thread holds or waits for, as it was during the pause. Two mentions of one lock in a dump are one object. Immutable.
/// Known on .NET 9 and later; the dump's notes say so where it is not.
/// </summary>
public sealed class DumpLock
{
    /// <summary>Where the object was.</summary>
    public required ObjectAddress Address { get; init; }

    /// <summary>What sort of lock it is.</summary>
    public required LockKind Kind { get; init; }

    /// <summary>Full name of the object's type; null where it is not known.</summary>
    public string? Type { get; init; }

    /// <summary>
    /// The thread that holds it for itself alone; null when none does, or it is not known which: a thread that ended without letting go is no more.
    /// </summary>
    public DumpThread? Owner { get; init; }

    /// <summary>Whether the thread that held it has ended without letting it go: nobody will ever get it.</summary>
    public bool IsAbandoned { get; init; }

    /// <summary>The threads that share it: readers of a <see cref="LockKind.ReaderWriterLockSlim"/>, as far as they are known.</summary>
    public IReadOnlyList<DumpThread> Readers { get; init; } = [];

    /// <summary>
    /// The thread that has entered a <see cref="LockKind.ReaderWriterLockSlim"/> in the upgradeable mode: it reads beside others, and writes once they
    /// have gone. It is one of <see cref="Readers"/>.
    /// </summary>
    public DumpThread? Upgrader { get; init; }

    /// <summary>How many times more than once its owner has entered it.</summary>
    public int Recursion { get; init; }

    /// <summary>The threads that wait to get it, in the order of the dump.</summary>
    public IReadOnlyList<DumpThread> Waiters { get; internal set; } = [];

    /// <summary>The object's address and type, for example <c>&lt;0x7f00&gt; (System.Object)</c>. The name is escaped.</summary>
    public override string ToString() => Type is null ? $"<{Address}>" : $"<{Address}> ({EscapedText.Plain(Type)})";
}
