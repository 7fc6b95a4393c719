using System.Globalization;

namespace Stackflare.Cli;

/// <summary>Leaves the threads that were asked for: by managed id, by the kernel's id, or by a part of the name.</summary>
internal static class ThreadFilter
{
    public static ThreadDump Apply(ThreadDump dump, IReadOnlyList<string> wanted)
    {
        if (wanted.Count == 0)
            return dump;
        List<DumpThread> threads = [.. dump.Threads.Where(t => wanted.Any(w => Matches(t, w)))];
        // Deadlocks and findings stay those of the whole program: who asks for some of its threads is to hear of a deadlock among the others.
        return dump with
        {
            Threads = threads,
            RuntimeThreads = [.. dump.RuntimeThreads.Where(t => wanted.Any(w => IsId(w, t.OsId.Value) || Contains(t.Name, w)))],
            // No thread has them, and who asks for some threads has a question that they do not answer.
            HasAsyncStacks = false,
            AsyncStacks = [],
            Notes = [.. dump.Notes, $"Only threads that match {string.Join(", ", wanted.Select(w => $"'{w}'"))}: {threads.Count} of {dump.Threads.Count}."],
        };
    }

    private static bool Matches(DumpThread thread, string wanted) =>
        IsId(wanted, thread.OsId.Value) || (thread.ManagedId is { } id && IsId(wanted.TrimStart('#'), id.Value)) || Contains(thread.DisplayName, wanted);

    private static bool IsId(string text, int id) => text == id.ToString(CultureInfo.InvariantCulture);

    // A number is an id: "4" must not bring every thread that has a 4 in its name.
    private static bool Contains(string name, string wanted) =>
        !wanted.TrimStart('#').All(char.IsAsciiDigit) && name.Contains(wanted, StringComparison.OrdinalIgnoreCase);
}
