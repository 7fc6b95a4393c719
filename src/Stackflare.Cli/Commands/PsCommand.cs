using System.CommandLine;
using System.Globalization;

namespace Stackflare.Cli.Commands;

/// <summary><c>stackflare ps</c>: the processes that can be dumped.</summary>
internal static class PsCommand
{
    private static readonly string[] Headings = ["PID", "NAME", "RUNTIME", "USER", "UPTIME", "THREADS", "COMMAND"];

    public static Command Create()
    {
        var command = new Command("ps", "List the .NET processes that can be dumped.");
        command.SetAction(_ => Run(Console.Out));
        return command;
    }

    private static int Run(TextWriter writer)
    {
        List<string[]> rows = [Headings];
        foreach (FoundProcess process in ProcessFinder.All())
        {
            rows.Add(
            [
                process.Pid.ToString(CultureInfo.InvariantCulture), Plain(process.Name), process.Runtime?.ToString() ?? "?",
                UserNames.Of(process.User), Uptime(process.Uptime), process.Threads.ToString(CultureInfo.InvariantCulture), Plain(process.CommandLine),
            ]);
        }
        int[] widths = [.. Enumerable.Range(0, Headings.Length).Select(i => rows.Max(r => r[i].Length))];
        int room = Console.IsOutputRedirected ? int.MaxValue : Math.Max(20, Console.WindowWidth);
        foreach (string[] row in rows)
        {
            string line = string.Join("  ", row.Select((cell, i) => i is 0 or 5 ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))).TrimEnd();
            writer.WriteLine(line.Length > room ? line[..room] : line);
        }
        return ExitCodes.Success;
    }

    // A command line may hold anything, also what would drive the terminal.
    private static string Plain(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));

    private static string Uptime(TimeSpan? time) => time switch
    {
        null => "?",
        { TotalDays: >= 1 } t => $"{(int)t.TotalDays}d{t.Hours}h",
        { TotalHours: >= 1 } t => $"{t.Hours}h{t.Minutes}m",
        { TotalMinutes: >= 1 } t => $"{t.Minutes}m{t.Seconds}s",
        { } t => $"{t.Seconds}s",
    };
}
