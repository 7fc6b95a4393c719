namespace Stackflare.Processes;

/// <summary>
/// The Unix sockets that are open in the network namespace of a process, by the names that they were bound to. A name stays after its file was removed.
/// </summary>
internal static class OpenSockets
{
    /// <summary>The kernel's flag of a socket that accepts connections.</summary>
    private const string Listening = "00010000";

    private const int MaxLines = 100_000, FlagsField = 3, NameField = 7;

    /// <summary>Whether a listening socket was bound to a path that ends with this file name. False if the list cannot be read.</summary>
    public static bool Has(int pid, string fileName)
    {
        try
        {
            // Num RefCount Protocol Flags Type St Inode Path
            return File.ReadLines($"/proc/{pid}/net/unix").Take(MaxLines).Any(line => line.EndsWith("/" + fileName, StringComparison.Ordinal)
                && line.Split(' ', NameField + 1, StringSplitOptions.RemoveEmptyEntries) is { Length: NameField + 1 } fields && fields[FlagsField] == Listening);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
