using System.CommandLine;

namespace Stackflare.Cli.Commands;

/// <summary><c>stackflare completion SHELL</c>: prints the script with which a shell completes the tool's commands and options.</summary>
internal static class CompletionCommand
{
    // The parser answers the directive [suggest:N] with the words that can be at column N of a command line, one for each line.
    private const string Bash = """
        _stackflare() {
            local IFS=$'\n'
            COMPREPLY=($(compgen -W "$(stackflare "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _stackflare stackflare

        """;

    private const string Zsh = """
        _stackflare() {
            local -a found
            found=("${(@f)$(stackflare "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
            compadd -a found
            _files
        }
        compdef _stackflare stackflare

        """;

    private const string Fish = """
        complete -c stackflare -a '(stackflare "[suggest:"(commandline -C)"]" (commandline -p) 2>/dev/null)'

        """;

    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print a script that makes a shell complete commands and options: source <(stackflare completion bash)") { shell };
        command.SetAction(result =>
        {
            Console.Out.Write(result.GetValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish });
            return ExitCodes.Success;
        });
        return command;
    }
}
