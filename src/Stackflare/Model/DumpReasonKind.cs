namespace Stackflare;

/// <summary>What asked for a dump.</summary>
public enum DumpReasonKind
{
    /// <summary>A signal, see <see cref="Flare.OnSignal"/>.</summary>
    Signal,

    /// <summary>The thread pool did not run queued work, see <see cref="Flare.WatchThreadPool"/>.</summary>
    ThreadPool,

    /// <summary>A scope was not left in time, see <see cref="Flare.DumpAfter"/>.</summary>
    Deadline,

    /// <summary>Threads wait for each other, see <see cref="Flare.OnDeadlock"/>.</summary>
    Deadlock,

    /// <summary>The shutdown takes too long, see <see cref="Flare.OnSlowShutdown"/>.</summary>
    SlowShutdown,

    /// <summary>An exception ends the process, see <see cref="Flare.OnUnhandledException"/>.</summary>
    UnhandledException,

    /// <summary>A request for it, by HTTP.</summary>
    Request,
}
