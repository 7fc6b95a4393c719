using System.CommandLine;
using System.CommandLine.Invocation;
using Stackflare;
using Stackflare.Cli;
using Stackflare.Cli.Commands;
using Stackflare.Interop;
using Stackflare.Model;

// A limit on file sizes counts for files in memory too: it is to be an error that can be told, not the end without a word.
Posix.Ignore(Posix.SIGXFSZ);
try
{
    ParseResult commandLine = DumpCommand.Create().Parse(args);
    // Not the parser's own answer to an error, which is a page of help and the code 1.
    if (commandLine.Action is ParseErrorAction)
        return Usage.Error(string.Join(' ', commandLine.Errors.Select(e => e.Message)));
    if (Usage.ArgumentOfTheRoot(commandLine) is { } error)
        return Usage.Error(error);
    return commandLine.Invoke(new() { EnableDefaultExceptionHandler = false });
}
catch (StackflareException e)
{
    Console.Error.WriteLine($"stackflare: {ErrorText.Of(e)}");
    return ExitCodes.Of(e);
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"stackflare: {EscapedText.Plain(e.Message)}");
    return ExitCodes.Failure;
}
