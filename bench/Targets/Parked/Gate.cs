using System.Runtime.CompilerServices;

namespace Stackflare.BenchTarget;

/// <summary>Where every thread ends up, for good.</summary>
internal static class Gate
{
    private static readonly ManualResetEvent Closed = new(initialState: false);
    private static readonly object Till = new();

    /// <summary>Whether the threads wait for one lock, each with a lock of its own, and not for an event.</summary>
    internal static bool IsLocked { get; private set; }

    private static int _mayRun, _run;

    /// <summary>How many of the threads run for ever and do not wait.</summary>
    internal static int Run => Volatile.Read(ref _run);

    /// <summary>Lets the first threads that come run for ever.</summary>
    internal static void LetRun(int threads) => _mayRun = threads;

    /// <summary>Takes the lock that the threads will wait for.</summary>
    internal static void Lock()
    {
        IsLocked = true;
        Monitor.Enter(Till);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Park()
    {
        if (Interlocked.Decrement(ref _mayRun) >= 0)
        {
            Interlocked.Increment(ref _run);
            while (true)
                Thread.SpinWait(1000);
        }
        if (IsLocked)
            QueueUp();
        else
            _ = Closed.WaitOne();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void QueueUp()
    {
        lock (new object())
        {
            lock (Till)
                _ = Closed.WaitOne();
        }
    }
}
