using System.Globalization;
using Stackflare.Capture.Probe;
using Stackflare.Interop;
using Stackflare.Processes;

namespace Stackflare.Cli;

/// <summary>Finds processes of .NET, by what is in /proc.</summary>
internal static class ProcessFinder
{
    private const int MostSockets = 1000;

    private static readonly TimeSpan PatienceWithAll = TimeSpan.FromSeconds(1);

    /// <summary>For an answer that comes at once or not at all.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    /// <summary>The process that an argument means: an id, a diagnostics socket's path, or the name of exactly one program that can be dumped.</summary>
    /// <exception cref="StackflareException">There is none, or more than one, or it is not ours to look at.</exception>
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

    /// <summary>The processes that have a diagnostics port, by id. Our own is not among them.</summary>
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
    /// The runtimes that are not in our /proc and answer at a socket in our temporary directory: those of containers that share it with us.
    /// </summary>
    /// <param name="visible">The processes that are, whose sockets are left out.</param>
    public static IEnumerable<(string SocketPath, uint User, RuntimeInfo Info)> AtSockets(IReadOnlyList<FoundProcess> visible)
    {
        FileStatus[] known = [.. visible.Select(p => SafeOpen.TryLook(p.SocketPath, out FileStatus status) ? status : default)];
        uint own = Posix.EffectiveUser();
        // Sockets of processes that were killed stay for years: there, connecting fails at once. Those that are silent are waited for, but
        // not for long however many there are.
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
            return [.. Directory.EnumerateFiles(Path.GetTempPath(), "dotnet-diagnostic-*-socket").Take(MostSockets)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // There is no such directory, or it is not ours to list.
        }
    }

    private static FoundProcess? Look(int pid)
    {
        try
        {
            TargetProcess target = TargetProcess.Inspect(pid);
            // First: nearly all processes have none, and to see what runs a process is dear.
            RootedPath socket = DiagnosticsSocket.Find(target);
            if (target.Runtime.Kind != RuntimeKind.CoreClr)
                return null;
            return new FoundProcess(
                target, socket, ProcessFiles.ProgramName(pid), ProcessFiles.Uptime(pid), new KernelTasks(pid).Ids.Count, ProcessFiles.CommandLine(pid));
        }
        catch (StackflareException)
        {
            return null; // Not one that could be dumped: that is what is asked.
        }
    }
}
