namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>What lies in the temporary directories of a process, as it sees them.</summary>
internal static class OwnFiles
{
    /// <summary>What is in a directory besides the runtime's own sockets.</summary>
    public static IReadOnlyList<string> In(int pid, string directory) =>
        [.. Directory.GetFileSystemEntries($"/proc/{pid}/root{directory}").Where(f => !IsTheRuntimes(Path.GetFileName(f)))];

    /// <summary>Fails unless there is nothing.</summary>
    public static void AssertNoneIn(int pid, string directory) =>
        Assert.True(In(pid, directory) is { Count: 0 }, $"left behind: {string.Join(", ", In(pid, directory))}");

    private static bool IsTheRuntimes(string name) =>
        name.StartsWith("dotnet-diagnostic-", StringComparison.Ordinal) || name.StartsWith("clr-debug-pipe-", StringComparison.Ordinal);
}
