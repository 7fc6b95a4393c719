using Stackflare.Snapshots;

namespace Stackflare.Capture;

/// <summary>
/// A source of snapshots of a process: the probe in a running one, a core file, or memory that is read from outside. Names, lines, waits and async
/// stacks are resolved in the same way for all sources: a <see cref="Building.DumpBuilder"/> makes the dump from the snapshot.
/// </summary>
/// <remarks>
/// Synchronous on purpose: a dump must work when the thread pool is starved. A caller that must not block uses its own thread. Not thread-safe.
/// </remarks>
internal interface ICaptureSource
{
    /// <summary>Takes a snapshot. Its notes say what the source cannot provide.</summary>
    /// <param name="options">What to collect, and limits.</param>
    /// <param name="cancellationToken">Ends the wait, like a timeout.</param>
    /// <exception cref="StackflareException">No snapshot could be taken; the error says why.</exception>
    Snapshot Capture(CaptureOptions options, CancellationToken cancellationToken);
}
