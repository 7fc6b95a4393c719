using System.Globalization;

namespace Stackflare.Snapshots.Format;

/// <summary>Notes about the parts of a dump that are missing because the runtime's data layout is not known.</summary>
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
        (SnapshotParts.Calls, "the names of native methods that threads run"),
    ];

    /// <summary>One sentence; null if nothing is missing. .NET 8 never has these parts; there are other notes for it.</summary>
    public static string? Note(in InfoRecord info)
    {
        SnapshotParts lacking = info.Lacking;
        if (lacking == 0)
            return null;
        string[] names = [.. Names.Where(n => lacking.HasFlag(n.Part)).Select(n => n.Name)];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Not available on .NET {info.RuntimeMajor}.{info.RuntimeMinor}.{info.RuntimeBuild}: {string.Join(", ", names)}. The data layout of this runtime is not known.");
    }
}
