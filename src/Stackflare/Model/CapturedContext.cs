namespace Stackflare;

/// <summary>
/// A synchronization context or <see cref="TaskScheduler"/> in whose queue an async method waits to continue, and whose work only one thread does. The method captured the context at an
/// <c>await</c>. Immutable.
/// </summary>
/// <param name="Object">The address of the <see cref="SynchronizationContext"/> or <see cref="TaskScheduler"/>.</param>
/// <param name="Type">Full name of its type; null if not known.</param>
/// <param name="Thread">The thread that does the context's work.</param>
/// <param name="Frame">The method that waits in the queue, at its <c>await</c>; null if not known.</param>
public sealed record CapturedContext(ObjectAddress Object, string? Type, DumpThread Thread, DumpFrame? Frame)
{
    /// <summary>Whether it is a <see cref="TaskScheduler"/>.</summary>
    internal bool IsScheduler { get; init; }

    /// <summary>For example <c>synchronization context</c>.</summary>
    internal string Noun => IsScheduler ? "task scheduler" : "synchronization context";
}
