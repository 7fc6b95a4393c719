using System.Globalization;
using Stackflare.Capture.Probe;
using Stackflare.Cli.Commands;
using Stackflare.Interop;
using Stackflare.Model;
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
            0 => FindElsewhere(argument),
            _ => throw new ToolException(
                StackflareError.NoSuchProcess,
                $"There are {found.Count} processes with the name '{argument}'.",
                $"Name one by its id: {string.Join(", ", found.Select(p => p.Pid))}."),
        };
    }

    /// <summary>The id of a process of any kind, for its id, or of a .NET process, for its name.</summary>
    /// <exception cref="StackflareException">There is none, or more than one.</exception>
    public static int FindAny(string argument)
    {
        if (!int.TryParse(argument, NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
            return Find(argument).Pid is > 0 and var found ? found : throw new ToolException(StackflareError.Unsupported, "The process is not in /proc.", "Run the tool where it can be seen.");
        return Directory.Exists($"/proc/{pid}") ? pid : throw StackflareException.NoSuchProcess(string.Create(CultureInfo.InvariantCulture, $"There is no process {pid}."));
    }

    /// <summary>
    /// Finds a program that is not among the visible processes of this user: in another container, by the name that <see cref="AtSockets"/> returns.
    /// </summary>
    private static TargetProcess FindElsewhere(string name)
    {
        List<FoundProcess> visible = [.. All()];
        if (visible.Find(p => EscapedText.Plain(p.Name) == name) is { } escaped)
            return escaped.Target;
        List<string> sockets = [.. AtSockets(visible).Where(s => s.Info.EntryAssembly == name).Select(static s => s.SocketPath)];
        if (sockets is [var only])
            return TargetProcess.AtSocket(only);
        if (sockets.Count > 1)
        {
            throw new ToolException(
                StackflareError.NoSuchProcess, $"There are {sockets.Count} processes with the name '{name}'.", $"Name one by its socket: {string.Join(", ", sockets)}.");
        }
        if (OfOtherUsers(name).FirstOrDefault() is { Pid: > 0 } other)
            throw StackflareException.AnotherUser(other.Pid, other.User);
        string? meant = DidYouMean.Closest(name, [.. visible.Select(static p => p.Name), .. DumpCommand.SubcommandNames]);
        string problem = $"There is no .NET process with the name '{name}'.";
        throw meant is null ? StackflareException.NoSuchProcess(problem)
            : new ToolException(StackflareError.NoSuchProcess, problem, DidYouMean.Sentence(meant).TrimStart() + " 'stackflare ps' lists the processes that can be dumped.");
    }

    /// <summary>
    /// Processes of other users that this user may not dump, by the sockets that their runtimes have created in the usual directory. A process with
    /// another temporary directory is not found.
    /// </summary>
    /// <param name="program">The name of their program; null for all.</param>
    public static IEnumerable<(int Pid, uint User)> OfOtherUsers(string? program = null)
    {
        uint own = Posix.EffectiveUser();
        if (own == 0)
            yield break;
        foreach (string path in Sockets())
        {
            string[] parts = Path.GetFileName(path).Split('-');
            if (parts is [_, _, _, _, _] && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
                && Posix.Status(path, out FileStatus status) == 0 && status.User != own && IsRunning(pid, parts[3])
                && (program is null || ProcessFiles.ProgramName(pid) == program))
            {
                yield return (pid, status.User);
            }
        }
    }

    /// <summary>Sockets of killed processes remain: the start time tells whether the process still runs.</summary>
    private static bool IsRunning(int pid, string startTicks)
    {
        try
        {
            return ProcessFiles.StartTicks(pid).ToString(CultureInfo.InvariantCulture) == startTicks;
        }
        catch (StackflareException)
        {
            return false;
        }
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
        FileStatus[] known = [.. visible.Select(p => p.SocketPath is { } path && SafeOpen.TryLook(path, out FileStatus status) ? status : default)];
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

    /// <summary>Null if the process has a socket that was removed.</summary>
    /// <exception cref="StackflareException">It has none.</exception>
    private static RootedPath? FindSocket(TargetProcess target)
    {
        try
        {
            return DiagnosticsSocket.Find(target);
        }
        catch (StackflareException e) when (e.Error == StackflareError.DiagnosticsUnreachable && DiagnosticsSocket.IsRemoved(target))
        {
            return null;
        }
    }

    /// <summary>A process that can be dumped; null for any other.</summary>
    public static FoundProcess? Look(int pid)
    {
        try
        {
            TargetProcess target = TargetProcess.Inspect(pid);
            // First, because most processes have none, and determining the runtime of a process is expensive.
            RootedPath? socket = FindSocket(target);
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
