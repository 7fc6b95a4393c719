using System.CommandLine;
using Stackflare.Model;

namespace Stackflare.Cli;

/// <summary>Invalid command lines.</summary>
internal static class Usage
{
    /// <summary>Prints the error in one line.</summary>
    /// <returns>The exit code.</returns>
    public static int Error(string message)
    {
        // The parser's own messages can contain lists over several lines.
        string line = string.Join(' ', message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Console.Error.WriteLine($"stackflare: {EscapedText.Plain(line)} See 'stackflare --help'.");
        return ExitCodes.Usage;
    }

    /// <summary>
    /// Checks that the root command's argument is not given before a subcommand. The parser accepts it there. Also hides it in the subcommand's help.
    /// </summary>
    /// <returns>The error; null if there is none.</returns>
    public static string? ArgumentOfTheRoot(ParseResult commandLine)
    {
        Command command = commandLine.CommandResult.Command;
        if (command is RootCommand)
            return null;
        Argument process = commandLine.RootCommandResult.Command.Arguments[0];
        process.Hidden = true;
        return commandLine.GetResult(process) is { Tokens: [var token, ..] } ? $"'{token.Value}' cannot be combined with '{command.Name}'." : null;
    }
}
