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

    /// <summary>The error of a command line that the parser does not accept.</summary>
    public static string ErrorOf(ParseResult commandLine)
    {
        // The parser takes a mistyped option for an argument, or for one word too many, and complains about what follows it too.
        IEnumerable<string> words = commandLine.CommandResult.Children.OfType<System.CommandLine.Parsing.ArgumentResult>()
            .SelectMany(static a => a.Tokens).Select(static t => t.Value).Concat(commandLine.UnmatchedTokens);
        return words.FirstOrDefault(IsOption) is { } option
            ? NotAnOption(option, commandLine.CommandResult.Command)
            : string.Join(' ', commandLine.Errors.Select(static e => e.Message));
    }

    /// <summary>Whether a word looks like an option.</summary>
    public static bool IsOption(string word) => word is ['-', _, ..];

    /// <summary>The error for a word that looks like an option of a command and is none.</summary>
    public static string NotAnOption(string word, Command command)
    {
        string name = word.Split('=')[0];
        string where = command is RootCommand ? "" : $" of '{command.Name}'";
        string hint = name is "-p" or "--pid" or "--process-id" or "--name" ? " Name the process without an option, as in 'stackflare 4242'."
            : command is not RootCommand && command.Parents.OfType<RootCommand>().Any(r => NamesOf(r).Contains(name)) ? " It is an option for taking a dump."
            : DidYouMean.Sentence(DidYouMean.Closest(name, NamesOf(command)));
        return $"'{word}' is not an option{where}.{hint}";
    }

    private static IEnumerable<string> NamesOf(Command command) => command.Options.Where(static o => !o.Hidden).SelectMany(static o => o.Aliases.Prepend(o.Name));

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
