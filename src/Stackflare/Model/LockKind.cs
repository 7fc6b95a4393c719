namespace Stackflare;

/// <summary>What sort of lock a <see cref="DumpLock"/> is.</summary>
public enum LockKind
{
    /// <summary>Any object, locked by <see cref="System.Threading.Monitor"/>: what C#'s <c>lock</c> does.</summary>
    Monitor,

    /// <summary>A <c>System.Threading.Lock</c> (.NET 9).</summary>
    Lock,

    /// <summary>A <see cref="System.Threading.ReaderWriterLockSlim"/>.</summary>
    ReaderWriterLockSlim,
}
