using Stackflare.Model;

namespace Stackflare;

/// <summary>
/// A lock that a thread held or waited for during the pause. Within a dump, one lock is one object. Immutable.
/// Known on .NET 9 and later; otherwise the dump has a note.
/// </summary>
public sealed class DumpLock
{
    /// <summary>The address of the lock object.</summary>
    public required ObjectAddress Address { get; init; }

    /// <summary>The kind of lock.</summary>
    public required LockKind Kind { get; init; }

    /// <summary>Full name of the object's type; null if not known.</summary>
    public string? Type { get; init; }

    /// <summary>
    /// The thread that holds the lock exclusively; null if there is none or it is not known, and if the thread ended without releasing the lock.
    /// </summary>
    public DumpThread? Owner { get; init; }

    /// <summary>Whether the thread that held the lock has ended without releasing it. No thread can ever get it.</summary>
    public bool IsAbandoned { get; init; }

    /// <summary>The threads that share the lock: the known readers of a <see cref="LockKind.ReaderWriterLockSlim"/>.</summary>
    public IReadOnlyList<DumpThread> Readers { get; init; } = [];

    /// <summary>
    /// The thread that has entered a <see cref="LockKind.ReaderWriterLockSlim"/> in upgradeable mode: it reads together with others, and can write
    /// when they have left. It is one of <see cref="Readers"/>.
    /// </summary>
    public DumpThread? Upgrader { get; init; }

    /// <summary>How many threads have entered the lock for reading and have ended, so that they will never leave it; 0 if not known.</summary>
    internal int LostReaders { get; init; }

    /// <summary>How many times the owner has entered the lock again after the first time.</summary>
    public int Recursion { get; init; }

    /// <summary>The threads that wait for the lock, in the order of the dump.</summary>
    public IReadOnlyList<DumpThread> Waiters { get; internal set; } = [];

    /// <summary>The object's address and type, for example <c>&lt;0x7f00&gt; (System.Object)</c>. The name is escaped.</summary>
    public override string ToString() => Type is null ? $"<{Address}>" : $"<{Address}> ({EscapedText.Plain(Type)})";
}
