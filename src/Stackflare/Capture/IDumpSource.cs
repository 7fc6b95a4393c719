namespace Stackflare.Capture;

/// <summary>
/// A source of finished dumps, for programs without IL: it resolves names and lines itself. For snapshots, <see cref="Building.DumpBuilder"/> builds
/// the dump.
/// </summary>
internal interface IDumpSource
{
    /// <summary>Takes a dump.</summary>
    /// <param name="cancellationToken">Ends the wait, like a timeout.</param>
    /// <exception cref="StackflareException">No dump could be taken; the error says why.</exception>
    ThreadDump Dump(CancellationToken cancellationToken);
}
