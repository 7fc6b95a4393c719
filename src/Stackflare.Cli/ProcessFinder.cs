using System.Globalization;
using Stackflare.Capture.Probe;
using Stackflare.Interop;
using Stackflare.Processes;

namespace Stackflare.Cli;

/// <summary>Finds .NET processes in /proc.</summary>
internal static class ProcessFinder
{
    private const int MaxSockets = 1000;

    private static readonly TimeSpan PatienceWithAll = TimeSpan.FromSeconds(1);

    /// <summary>Time limit for an answer that normally comes immediately.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Finds the process for an argument: an id, the path of a diagnostics socket, or the name of exactly one program that can be dumped.
    /// </summary>
    /// <exception cref="StackflareException">There is none, or more than one, or access is denied.</exception>
    public static TargetProcess Find(string argument)
    {
        if (argument.Contains('/'))
            return TargetProcess.AtSocket(argument);
        if (int.TryParse(argument, NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
            return TargetProcess.Inspect(pid);
        List<FoundProcess> found = [.. All(argument)];
        return found.Count switch
        {
            1 => found[0].Target,
            0 => throw StackflareException.NoSuchProcess($"There is no .NET process with the name '{argument}'."),
            _ => throw new ToolException(
                StackflareError.NoSuchProcess,
                $"There are {found.Count} processes with the name '{argument}'.",
                $"Name one by its id: {string.Join(", ", found.Select(p => p.Pid))}."),
        };
    }

    /// <summary>The processes that have a diagnostics port, by id, without the current process.</summary>
    /// <param name="program">The name of their program; null for all.</param>
    public static IEnumerable<FoundProcess> All(string? program = null) =>
        from directory in Directory.EnumerateDirectories("/proc")
        let name = Path.GetFileName(directory)
        where char.IsAsciiDigit(name[0])
        let pid = int.Parse(name, NumberStyles.None, CultureInfo.InvariantCulture)
        where pid != Environment.ProcessId && (program is null || ProcessFiles.ProgramName(pid) == program)
        orderby pid
        let found = Look(pid)
        where found is not null
        select found;

    /// <summary>
    /// The runtimes that are not in our /proc but answer on a socket in our temporary directory: those of containers that share that directory.
    /// </summary>
    /// <param name="visible">The visible processes, whose sockets are skipped.</param>
    public static IEnumerable<(string SocketPath, uint User, RuntimeInfo Info)> AtSockets(IReadOnlyList<FoundProcess> visible)
    {
        FileStatus[] known = [.. visible.Select(p => SafeOpen.TryLook(p.SocketPath, out FileStatus status) ? status : default)];
        uint own = Posix.EffectiveUser();
        // Sockets of killed processes remain for years; connecting to them fails immediately. For silent ones, the total wait has a limit,
        // however many there are.
        var deadline = Deadline.In(PatienceWithAll);
        foreach (string path in Sockets())
        {
            if (Posix.Status(path, out FileStatus status) == 0 && (own == 0 || status.User == own) && !known.Any(status.IsSameFileAs)
                && !deadline.Passed && RuntimeInfo.Ask(path, Patience) is { } info)
            {
                yield return (path, status.User, info);
            }
        }
    }

    private static IReadOnlyList<string> Sockets()
    {
        try
        {
            return [.. Directory.EnumerateFiles(Path.GetTempPath(), "dotnet-diagnostic-*-socket").Take(MaxSockets)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // The directory does not exist, or may not be listed.
        }
    }

    private static FoundProcess? Look(int pid)
    {
        try
        {
            TargetProcess target = TargetProcess.Inspect(pid);
            // First, because most processes have none, and determining the runtime of a process is expensive.
            RootedPath socket = DiagnosticsSocket.Find(target);
            if (target.Runtime.Kind != RuntimeKind.CoreClr)
                return null;
            return new FoundProcess(
                target, socket, ProcessFiles.ProgramName(pid), ProcessFiles.Uptime(pid), new KernelTasks(pid).Ids.Count, ProcessFiles.CommandLine(pid));
        }
        catch (StackflareException)
        {
            return null; // It cannot be dumped.
        }
    }
}
