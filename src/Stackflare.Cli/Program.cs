using System.CommandLine;
using System.CommandLine.Invocation;
using Stackflare;
using Stackflare.Cli;
using Stackflare.Cli.Commands;
using Stackflare.Interop;
using Stackflare.Rendering;

// A limit on file sizes counts for files in memory too: it is to be an error that can be told, not the end without a word.
Posix.Ignore(Posix.SIGXFSZ);
try
{
    ParseResult commandLine = DumpCommand.Create().Parse(args);
    if (commandLine.Action is ParseErrorAction)
    {
        // Not the parser's own answer, which is a page of help and the code 1.
        string errors = string.Join(' ', commandLine.Errors.Select(e => e.Message));
        Console.Error.WriteLine($"stackflare: {EscapedText.Plain(errors)} See 'stackflare --help'.");
        return ExitCodes.Usage;
    }
    return commandLine.Invoke(new() { EnableDefaultExceptionHandler = false });
}
catch (StackflareException e)
{
    Console.Error.WriteLine($"stackflare: {e.Message}");
    return ExitCodes.Of(e);
}
