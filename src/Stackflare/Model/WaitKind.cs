namespace Stackflare;

/// <summary>What a thread waits for. None of these for a thread that waits in native code or by other means.</summary>
public enum WaitKind
{
    /// <summary>Entering a monitor: <c>lock</c>, <see cref="System.Threading.Monitor.Enter(object)"/>.</summary>
    MonitorEnter,

    /// <summary>A pulse: <see cref="System.Threading.Monitor.Wait(object)"/>. The thread does not hold the monitor meanwhile.</summary>
    MonitorWait,

    /// <summary>Entering a <c>System.Threading.Lock</c>.</summary>
    LockEnter,

    /// <summary>A <see cref="System.Threading.ReaderWriterLockSlim"/>, for reading.</summary>
    ReadLock,

    /// <summary>A <see cref="System.Threading.ReaderWriterLockSlim"/>, for reading and possibly writing later.</summary>
    UpgradeableReadLock,

    /// <summary>A <see cref="System.Threading.ReaderWriterLockSlim"/>, for writing.</summary>
    WriteLock,

    /// <summary>A <see cref="System.Threading.SemaphoreSlim"/>.</summary>
    SemaphoreSlim,

    /// <summary>A <see cref="System.Threading.ManualResetEventSlim"/>.</summary>
    ManualResetEventSlim,

    /// <summary>A <see cref="System.Threading.CountdownEvent"/>.</summary>
    CountdownEvent,

    /// <summary>The other participants of a <see cref="System.Threading.Barrier"/>.</summary>
    Barrier,

    /// <summary>A task, synchronously: <c>Wait</c>, <c>Result</c>, <c>GetAwaiter().GetResult()</c>. The thread is blocked meanwhile.</summary>
    Task,

    /// <summary>The end of another thread: <see cref="System.Threading.Thread.Join()"/>.</summary>
    ThreadJoin,

    /// <summary>The end of a <see cref="System.Threading.Thread.Sleep(int)"/>.</summary>
    Sleep,

    /// <summary>A <see cref="System.Threading.WaitHandle"/>: an event, a mutex, a system semaphore, or several of them.</summary>
    WaitHandle,

    /// <summary>The static constructor of a class, which another thread runs.</summary>
    StaticConstructor,

    /// <summary>
    /// A callback of a cancellation, which another thread runs: <see cref="System.Threading.CancellationTokenRegistration.Dispose"/> returns when it has ended.
    /// </summary>
    CancellationCallback,

    /// <summary>The finalizers: <see cref="GC.WaitForPendingFinalizers"/>.</summary>
    Finalizers,
}
