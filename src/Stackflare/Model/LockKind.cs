namespace Stackflare;

/// <summary>The kind of a <see cref="DumpLock"/>.</summary>
public enum LockKind
{
    /// <summary>Any object that is locked with <see cref="System.Threading.Monitor"/>, for example by C#'s <c>lock</c>.</summary>
    Monitor,

    /// <summary>A <c>System.Threading.Lock</c> (.NET 9).</summary>
    Lock,

    /// <summary>A <see cref="System.Threading.ReaderWriterLockSlim"/>.</summary>
    ReaderWriterLockSlim,
}
