using System.Globalization;

namespace Stackflare.EndToEnd.Harness;

/// <summary>The threads of a process, as the kernel lists them.</summary>
internal static class KernelThreads
{
    /// <summary>Ids and names. A thread that ends while they are read is left out.</summary>
    public static IReadOnlyList<(int Id, string Name)> Of(int pid) =>
    [
        .. Directory.GetDirectories($"/proc/{pid}/task").Select(task => (Id: int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture), Name: NameOf(task)))
            .Where(t => t.Name is not null).Select(t => (t.Id, t.Name!)),
    ];

    public static IReadOnlyList<string> NamesOf(int pid) => [.. Of(pid).Select(t => t.Name)];

    /// <summary>Whether a thread of the runtime comes and goes: hot code is compiled again on one that does.</summary>
    public static bool IsPassing(string? name) => name?.StartsWith(".NET Tiered", StringComparison.Ordinal) == true;

    /// <summary>Waits until a thread that sleeps now has been told to begin, and blocks in another system call.</summary>
    /// <param name="target">The process.</param>
    /// <param name="thread">The thread.</param>
    /// <param name="call">read or futex. It may be the same in which it sleeps now.</param>
    /// <param name="begin">Tells it.</param>
    public static async Task WaitForNextCallAsync(TargetProcess target, int thread, string call, Func<Task> begin)
    {
        string before = Kernel.CallOf(target.Pid, thread), number = call == "read" ? "0 " : "202 ";
        await begin();
        await Poll.UntilAsync(() => Kernel.CallOf(target.Pid, thread) is { } now && now != before && now.StartsWith(number, StringComparison.Ordinal), $"{call} of thread {thread}", target.Describe);
    }

    private static string? NameOf(string task)
    {
        try
        {
            return File.ReadAllText(task + "/comm").TrimEnd('\n');
        }
        catch (IOException)
        {
            return null;
        }
    }
}
