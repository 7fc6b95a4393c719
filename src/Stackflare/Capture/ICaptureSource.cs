using Stackflare.Snapshots;

namespace Stackflare.Capture;

/// <summary>
/// Where snapshots of a process come from: the probe in a living one, a core file, memory that is read from outside. What can be found of a snapshot, names,
/// lines, waits, async stacks, is the same for all.
/// </summary>
/// <remarks>
/// Synchronous on purpose: a dump has to be had while the thread pool is starved, so a caller that does not want to wait brings a thread of its own. For one thread.
/// </remarks>
internal interface ICaptureSource
{
    /// <summary>Takes a snapshot. What the source cannot have is in its notes.</summary>
    /// <param name="options">What to look for, and limits.</param>
    /// <param name="cancellationToken">Ends the wait for it, as if the time were up.</param>
    /// <exception cref="StackflareException">There is none; the error says why.</exception>
    Snapshot Capture(CaptureOptions options, CancellationToken cancellationToken);
}
