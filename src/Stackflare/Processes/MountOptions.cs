namespace Stackflare.Processes;

/// <summary>How the file systems that a process sees are mounted.</summary>
internal static class MountOptions
{
    /// <summary>Whether nothing in a directory can be executed or loaded, because it is mounted so.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="directory">The directory, as the process sees it.</param>
    public static bool ForbidExecution(int pid, string directory)
    {
        try
        {
            return ForbidExecution(File.ReadLines($"/proc/{pid}/mountinfo"), directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // Not known: the runtime will say.
        }
    }

    /// <param name="mounts">Lines of /proc/…/mountinfo; of two mounts at one place the later one is on top.</param>
    /// <param name="directory">The directory.</param>
    internal static bool ForbidExecution(IEnumerable<string> mounts, string directory)
    {
        string best = "", options = "";
        foreach (string line in mounts)
        {
            // id parent device root mount-point options …
            string[] fields = line.Split(' ');
            if (fields.Length > 5 && fields[4].Length >= best.Length && Holds(fields[4], directory))
                (best, options) = (fields[4], fields[5]);
        }
        return options.Split(',').Contains("noexec");
    }

    private static bool Holds(string mountPoint, string directory) =>
        mountPoint == "/" || directory == mountPoint || directory.StartsWith(mountPoint + "/", StringComparison.Ordinal);
}
