using System.CommandLine;
using Stackflare.Model;

namespace Stackflare.Cli;

/// <summary>Command lines that make no sense.</summary>
internal static class Usage
{
    /// <summary>Says so, in one line.</summary>
    /// <returns>The exit code.</returns>
    public static int Error(string message)
    {
        // The parser's own messages can have lists in lines of their own.
        string line = string.Join(' ', message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Console.Error.WriteLine($"stackflare: {EscapedText.Plain(line)} See 'stackflare --help'.");
        return ExitCodes.Usage;
    }

    /// <summary>
    /// The root command's argument is no subcommand's, whatever the parser makes of it: it is not in their help, and an error before them.
    /// </summary>
    /// <returns>The error; null for none.</returns>
    public static string? ArgumentOfTheRoot(ParseResult commandLine)
    {
        Command command = commandLine.CommandResult.Command;
        if (command is RootCommand)
            return null;
        Argument process = commandLine.RootCommandResult.Command.Arguments[0];
        process.Hidden = true;
        return commandLine.GetResult(process) is { Tokens: [var token, ..] } ? $"'{token.Value}' does not go with '{command.Name}'." : null;
    }
}
