using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Stackflare.Targets.Common;

/// <summary>Where threads stand still.</summary>
public static class Parking
{
    /// <summary>Takes down the calling thread's truth and waits for ever.</summary>
    /// <param name="host">The program.</param>
    /// <param name="track">The thread's marks.</param>
    /// <param name="exception">The exception that the thread is handling.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Park(Host host, Track track, Exception? exception)
    {
        // Skips this method and Host.Park: the trace begins at the innermost mark.
        host.Arrive(ThreadTruth.OfThisThread(track, new StackTrace(2, fNeedFileInfo: true).ToString(), exception));
        Wait();
        GC.KeepAlive(track);
    }

    /// <summary>Waits for ever, without a truth. Optimized code would take frames of the platform into itself, and threads that come late would have fewer.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.NoOptimization)]
    public static void Wait()
    {
        // Not an event, which would spin for a while: a parked thread stands still.
        var never = new object();
        lock (never)
            Monitor.Wait(never, Timeout.Infinite);
    }
}
