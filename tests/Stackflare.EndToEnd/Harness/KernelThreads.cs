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
