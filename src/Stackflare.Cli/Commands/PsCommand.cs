using System.CommandLine;
using System.Globalization;
using Stackflare.Cli.Terminal;
using Stackflare.Model;

namespace Stackflare.Cli.Commands;

/// <summary><c>stackflare ps</c>: the processes that can be dumped.</summary>
internal static class PsCommand
{
    private static readonly string[] Headings = ["PID", "NAME", "RUNTIME", "USER", "UPTIME", "THREADS", "COMMAND"];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static Command Create()
    {
        var command = new Command("ps", "List the .NET processes that can be dumped.");
        command.SetAction(_ => Run(Console.Out));
        return command;
    }

    private static int Run(TextWriter writer)
    {
        using var watchdog = new Watchdog(Patience, "the kernel does not return information about a process");
        List<FoundProcess> processes = [.. ProcessFinder.All()];
        List<string[]> rows =
        [
            Headings,
            .. processes.Select(p => Row(
                Number(p.Pid), p.Name, (p.FindVersion()?.ToString() ?? "?") + (p.SocketPath is null ? " (port closed)" : ""), p.Target.User, Uptime(p.Uptime), Number(p.Threads), p.CommandLine)),
            .. ProcessFinder.AtSockets(processes).Select(s => Row("-", s.Info.EntryAssembly, s.Info.Version?.ToString() ?? "?", s.User, "?", "?", s.SocketPath)),
        ];
        int[] widths = [.. Enumerable.Range(0, Headings.Length).Select(i => rows.Max(r => r[i].Length))];
        int room = TerminalCapabilities.Width is { } width ? Math.Max(20, width) : int.MaxValue;
        foreach (string[] row in rows)
        {
            string line = string.Join("  ", row.Select((cell, i) => i is 0 or 5 ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))).TrimEnd();
            writer.WriteLine(line.Length > room ? line[..room] : line);
        }
        ReportOthers(isEmpty: rows.Count == 1);
        return ExitCodes.Success;
    }

    /// <summary>Says on standard error what the list does not have, so that scripts can read the list.</summary>
    private static void ReportOthers(bool isEmpty)
    {
        List<(int Pid, uint User)> others = [.. ProcessFinder.OfOtherUsers()];
        if (others.Count > 0)
        {
            string users = string.Join(", ", others.Select(static o => UserNames.Find(o.User)).Distinct().Order(StringComparer.Ordinal));
            Console.Error.WriteLine(EscapedText.Plain(others.Count == 1
                ? $"stackflare: 1 .NET process of another user ({users}) is not listed. Run as that user, or as root."
                : $"stackflare: {others.Count} .NET processes of other users ({users}) are not listed. Run as these users, or as root."));
        }
        else if (isEmpty)
        {
            Console.Error.WriteLine("stackflare: No .NET process that can be dumped is running.");
        }
    }

    // A name or a command line can contain anything, including terminal escape sequences.
    private static string[] Row(string pid, string name, string runtime, uint user, string uptime, string threads, string command) =>
        [pid, EscapedText.Plain(name), runtime, UserNames.Find(user), uptime, threads, EscapedText.Plain(command)];

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Uptime(TimeSpan? time) => time switch
    {
        null => "?",
        { TotalDays: >= 1 } t => $"{(int)t.TotalDays}d{t.Hours}h",
        { TotalHours: >= 1 } t => $"{t.Hours}h{t.Minutes}m",
        { TotalMinutes: >= 1 } t => $"{t.Minutes}m{t.Seconds}s",
        { } t => $"{t.Seconds}s",
    };
}
