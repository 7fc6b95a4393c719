using System.Text;
using System.Text.RegularExpressions;

namespace Stackflare.Cli.Terminal;

/// <summary>
/// Colours the text format for a terminal and makes its places links. The renderer writes plain text, in which a thread's line begins
/// with a quote, as one of a deadlock does, a frame's with <c>   at</c>, what is said of a lock with <c>   -</c>, and a source line
/// with six spaces; what is within tasks of an async method has bars before it; whatever could be taken for an escape is escaped there.
/// </summary>
internal static partial class TerminalStyle
{
    private const string Reset = "\e[0m", Bold = "\e[1m", Dim = "\e[2m", Yellow = "\e[33m", Cyan = "\e[36m", Red = "\e[31m", Bar = "   | ";

    public static byte[] Apply(ReadOnlySpan<byte> dump, bool colours, bool links)
    {
        var styled = new StringBuilder(dump.Length * 2);
        foreach (string line in Encoding.UTF8.GetString(dump).TrimEnd('\n').Split('\n'))
            styled.Append(Line(line, colours, links)).Append('\n');
        return Encoding.UTF8.GetBytes(styled.ToString());
    }

    private static string Line(string line, bool colours, bool links)
    {
        if (line.StartsWith(Bar, StringComparison.Ordinal))
            return Bar + Line(line[Bar.Length..], colours, links);
        if (FrameLine().Match(line) is { Success: true } frame)
        {
            string place = frame.Groups["place"].Value;
            if (links)
                place = $"\e]8;;file://{Environment.MachineName}{Uri.EscapeDataString(frame.Groups["path"].Value).Replace("%2F", "/", StringComparison.Ordinal)}\e\\{place}\e]8;;\e\\";
            return colours
                ? $"   {Dim}at{Reset} {frame.Groups["method"].Value} {Dim}in{Reset} {Cyan}{place}{Reset}"
                : $"   at {frame.Groups["method"].Value} in {place}";
        }
        if (!colours)
            return line;
        if (line.StartsWith('"'))
            return Thread(line);
        if (line.StartsWith("      ", StringComparison.Ordinal))
            return Yellow + line + Reset;
        if (line.StartsWith("   at ", StringComparison.Ordinal))
            return $"   {Dim}at{Reset}{Dim}{line[5..]}{Reset}";
        if (line.StartsWith("Thread dump", StringComparison.Ordinal) || line.StartsWith("Async methods that wait:", StringComparison.Ordinal) || line == "Diagnosis:")
            return Bold + line + Reset;
        if (AsyncLine().Match(line) is { Success: true } stacks)
            return Bold + stacks.Value + Reset + line[stacks.Length..];
        if (line.StartsWith("Deadlock:", StringComparison.Ordinal))
            return Bold + Red + line + Reset;
        return IsRed(line) ? Red + line + Reset : line;
    }

    /// <summary>What could not be had, and what keeps a thread from going on.</summary>
    private static bool IsRed(string line) =>
        line.StartsWith("Note:", StringComparison.Ordinal) || line.StartsWith("   - waiting to ", StringComparison.Ordinal);

    /// <summary>A line that begins with a thread's name, in which quotes and backslashes have a backslash before them.</summary>
    private static string Thread(string line)
    {
        int end = 1;
        while (end < line.Length && line[end] != '"')
            end += line[end] == '\\' ? 2 : 1;
        end = Math.Min(end + 1, line.Length);
        string rest = line[end..].Replace(" blocked ", $" {Red}blocked{Reset} ", StringComparison.Ordinal);
        return Bold + line[..end] + Reset + rest;
    }

    [GeneratedRegex(@"^[\d,]+ async stacks?(?= )")]
    private static partial Regex AsyncLine();

    [GeneratedRegex(@"^   at (?<method>.+) in (?<place>(?<path>/.+):line \d+)$")]
    private static partial Regex FrameLine();
}
