namespace Stackflare.Capture;

/// <summary>
/// Where finished dumps come from, of what has no IL: its source knows names and lines itself. One of a snapshot is made by <see cref="Building.DumpBuilder"/> instead.
/// </summary>
internal interface IDumpSource
{
    /// <summary>Takes a dump.</summary>
    /// <param name="cancellationToken">Ends the wait for it, as if the time were up.</param>
    /// <exception cref="StackflareException">There is none; the error says why.</exception>
    ThreadDump Dump(CancellationToken cancellationToken);
}
