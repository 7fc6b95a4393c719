using System.Globalization;

namespace Stackflare.Views;

/// <summary>Keeps only the selected threads: by managed id, by kernel id, or by a part of the name.</summary>
internal static class ThreadFilter
{
    public static ThreadDump Apply(ThreadDump dump, IReadOnlyList<string> wanted)
    {
        if (wanted.Count == 0)
            return dump;
        List<DumpThread> threads = [.. dump.Threads.Where(t => wanted.Any(w => Matches(t, w)))];
        // Deadlocks and findings still cover the whole program: the reader must see a deadlock among the other threads.
        return dump with
        {
            Unfiltered = dump.Unfiltered ?? dump,
            Threads = threads,
            RuntimeThreads = [.. dump.RuntimeThreads.Where(t => wanted.Any(w => IsId(w, t.OsId.Value) || Contains(t.Name, w)))],
            // Async stacks belong to no thread, so they do not answer a question about some threads.
            HasAsyncStacks = false,
            AsyncStacks = [],
            Requests = [],
            Notes = [.. dump.Notes, $"Only threads that match {string.Join(", ", wanted.Select(w => $"'{w}'"))}: {threads.Count} of {dump.Threads.Count}."],
        };
    }

    private static bool Matches(DumpThread thread, string wanted) =>
        IsId(wanted, thread.OsId.Value) || (thread.ManagedId is { } id && IsId(wanted.TrimStart('#'), id.Value)) || Contains(thread.DisplayName, wanted);

    private static bool IsId(string text, int id) => text == id.ToString(CultureInfo.InvariantCulture);

    // A number is an id: "4" must not match every thread with a 4 in its name.
    private static bool Contains(string name, string wanted) =>
        !wanted.TrimStart('#').All(char.IsAsciiDigit) && name.Contains(wanted, StringComparison.OrdinalIgnoreCase);
}
