using System.Globalization;

namespace Stackflare.Snapshots.Format;

/// <summary>Says which parts of a dump a runtime does not give, because it lays out its own data in a way that is not known.</summary>
internal static class MissingParts
{
    private static readonly (SnapshotParts Part, string Name)[] Names =
    [
        (SnapshotParts.Threads, "managed thread ids, states and full names"),
        (SnapshotParts.Exceptions, "exceptions that threads handle"),
        (SnapshotParts.Locks, "locks and deadlocks"),
        (SnapshotParts.Objects, "semaphores, events, tasks and reader-writer locks that threads wait for"),
        (SnapshotParts.Pool, "the state of the thread pool"),
        (SnapshotParts.Async, "async stacks"),
        (SnapshotParts.Collectible, "lines in collectible load contexts"),
        (SnapshotParts.Symbols, "lines of assemblies that were loaded from memory"),
        (SnapshotParts.Suspension, "the threads that keep the runtime from suspending"),
        (SnapshotParts.Busy, "the threads that were running"),
    ];

    /// <summary>One sentence; null when nothing is missing. .NET 8 gives none of these: it has notes of its own.</summary>
    public static string? Note(in InfoRecord info)
    {
        SnapshotParts lacking = info.Lacking;
        if (lacking == 0)
            return null;
        string[] names = [.. Names.Where(n => lacking.HasFlag(n.Part)).Select(n => n.Name)];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Not available on .NET {info.RuntimeMajor}.{info.RuntimeMinor}.{info.RuntimeBuild}: {string.Join(", ", names)}. This runtime lays out its data in a way that is not known.");
    }
}
