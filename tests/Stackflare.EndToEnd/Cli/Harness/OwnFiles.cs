namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>What lies in the temporary directories of a process, as it sees them.</summary>
internal static class OwnFiles
{
    /// <summary>Fails unless a directory holds nothing but the runtime's own sockets.</summary>
    public static void AssertNoneIn(int pid, string directory) => Assert.All(
        Directory.GetFileSystemEntries($"/proc/{pid}/root{directory}"), f => Assert.True(IsTheRuntimes(Path.GetFileName(f)), $"left behind: {f}"));

    private static bool IsTheRuntimes(string name) =>
        name.StartsWith("dotnet-diagnostic-", StringComparison.Ordinal) || name.StartsWith("clr-debug-pipe-", StringComparison.Ordinal);
}
