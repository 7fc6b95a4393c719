namespace Stackflare.Capture;

/// <summary>
/// A source of finished dumps, for what has no IL: the kernel's view of a process, or a program of another language, whose source resolves names and
/// lines itself. For snapshots, see <see cref="ICaptureSource"/>.
/// </summary>
internal interface IDumpSource
{
    /// <summary>Takes a dump.</summary>
    /// <param name="cancellationToken">Ends the wait, like a timeout.</param>
    /// <exception cref="StackflareException">No dump could be taken; the error says why.</exception>
    ThreadDump Dump(CancellationToken cancellationToken);
}
