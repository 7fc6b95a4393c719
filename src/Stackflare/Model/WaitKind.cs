namespace Stackflare;

/// <summary>What a thread waits for. Anything that waits in native code, or by means of its own, is none of these.</summary>
public enum WaitKind
{
    /// <summary>To enter a monitor: <c>lock</c>, <see cref="System.Threading.Monitor.Enter(object)"/>.</summary>
    MonitorEnter,

    /// <summary>For a pulse: <see cref="System.Threading.Monitor.Wait(object)"/>. The thread does not hold the monitor meanwhile.</summary>
    MonitorWait,

    /// <summary>To enter a <c>System.Threading.Lock</c>.</summary>
    LockEnter,

    /// <summary>For a <see cref="System.Threading.ReaderWriterLockSlim"/>, to read.</summary>
    ReadLock,

    /// <summary>For a <see cref="System.Threading.ReaderWriterLockSlim"/>, to read and perhaps write later.</summary>
    UpgradeableReadLock,

    /// <summary>For a <see cref="System.Threading.ReaderWriterLockSlim"/>, to write.</summary>
    WriteLock,

    /// <summary>For a <see cref="System.Threading.SemaphoreSlim"/>.</summary>
    SemaphoreSlim,

    /// <summary>For a <see cref="System.Threading.ManualResetEventSlim"/>.</summary>
    ManualResetEventSlim,

    /// <summary>For a <see cref="System.Threading.CountdownEvent"/>.</summary>
    CountdownEvent,

    /// <summary>For the other participants of a <see cref="System.Threading.Barrier"/>.</summary>
    Barrier,

    /// <summary>For the end of a task: <c>Wait</c>, <c>Result</c>, <c>GetAwaiter().GetResult()</c>. The thread can do nothing else meanwhile.</summary>
    Task,

    /// <summary>For another thread's end: <see cref="System.Threading.Thread.Join()"/>.</summary>
    ThreadJoin,

    /// <summary>For time to pass: <see cref="System.Threading.Thread.Sleep(int)"/>.</summary>
    Sleep,

    /// <summary>For a <see cref="System.Threading.WaitHandle"/>: an event, a mutex, a semaphore of the system, or several of them.</summary>
    WaitHandle,
}
