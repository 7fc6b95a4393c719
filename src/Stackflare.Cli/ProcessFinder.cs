using System.Globalization;
using Stackflare.Capture;

namespace Stackflare.Cli;

/// <summary>Finds processes of .NET, by what is in /proc.</summary>
internal static class ProcessFinder
{
    /// <summary>The process that an argument means: an id, or the name of exactly one program that can be dumped.</summary>
    /// <exception cref="NoSuchProcessException">There is none, or more than one.</exception>
    public static int Find(string argument)
    {
        if (int.TryParse(argument, NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
            return pid;
        List<FoundProcess> found = [.. All().Where(p => p.Name == argument)];
        if (found.Count == 1)
            return found[0].Pid;
        throw found.Count == 0
            ? new NoSuchProcessException($"There is no .NET process with the name '{argument}'.")
            : new NoSuchProcessException(
                $"There are {found.Count} processes with the name '{argument}'.",
                $"Name one by its id: {string.Join(", ", found.Select(p => p.Pid))}.");
    }

    /// <summary>The processes that have a diagnostics port, by id. Our own is not among them.</summary>
    public static IEnumerable<FoundProcess> All() =>
        from directory in Directory.EnumerateDirectories("/proc")
        let name = Path.GetFileName(directory)
        where char.IsAsciiDigit(name[0])
        let pid = int.Parse(name, NumberStyles.None, CultureInfo.InvariantCulture)
        where pid != Environment.ProcessId
        orderby pid
        let found = Look(pid)
        where found is not null
        select found;

    private static FoundProcess? Look(int pid)
    {
        try
        {
            TargetProcess target = TargetProcess.Inspect(pid);
            if (target.Runtime.Kind != RuntimeKind.CoreClr)
                return null;
            _ = DiagnosticsPort.Find(target);
            return new FoundProcess(
                pid, ProcessFiles.ProgramName(pid), target.Runtime.Version, target.User, ProcessFiles.Uptime(pid),
                new KernelTasks(pid).Ids.Count, ProcessFiles.CommandLine(pid));
        }
        catch (StackflareException)
        {
            return null; // Not one that could be dumped: that is what is asked.
        }
    }
}
