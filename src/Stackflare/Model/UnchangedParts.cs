namespace Stackflare;

/// <summary>What has not run since the first of several dumps of a process. Immutable.</summary>
/// <param name="Dumps">How many dumps there are, including this one; at least 2.</param>
/// <param name="Elapsed">Time from the first dump to this one.</param>
/// <param name="Threads">The threads that are known not to have run.</param>
/// <param name="AsyncStacks">
/// The identities (<see cref="AsyncStack.Identity"/>) of the async stacks that are known to be at the same <c>await</c>; null if a dump has no async
/// stacks to compare.
/// </param>
internal sealed record UnchangedParts(int Dumps, TimeSpan Elapsed, IReadOnlySet<OsThreadId> Threads, IReadOnlySet<ulong>? AsyncStacks)
{
    public bool Has(DumpThread thread) => Threads.Contains(thread.OsId);

    public bool Has(AsyncStack stack) => stack.Identity is { } identity && AsyncStacks?.Contains(identity) == true;
}
