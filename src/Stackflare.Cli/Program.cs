using System.CommandLine;
using System.CommandLine.Invocation;
using Stackflare;
using Stackflare.Cli;
using Stackflare.Cli.Commands;
using Stackflare.Interop;
using Stackflare.Model;

// The file size limit applies to files in memory too. Without the signal, exceeding it is an error that the tool can report.
Posix.Ignore(Posix.SIGXFSZ);
try
{
    RootCommand root = DumpCommand.Create();
    // The parser skips a first word that ends like the name of the tool, such as http://127.0.0.1/debug/stackflare.
    ParseResult commandLine = root.Parse(args is [var first, ..] && Path.GetFileName(first) == root.Name ? [root.Name, .. args] : args);
    // Replaces the parser's own error output, which is the whole help text and exit code 1.
    if (commandLine.Action is ParseErrorAction)
        return Usage.Error(Usage.ErrorOf(commandLine));
    if (Usage.ArgumentOfTheRoot(commandLine) is { } error)
        return Usage.Error(error);
    return commandLine.Invoke(new() { EnableDefaultExceptionHandler = false });
}
catch (StackflareException e)
{
    Console.Error.WriteLine($"stackflare: {ErrorText.Describe(e)}");
    return ExitCodes.For(e);
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"stackflare: {EscapedText.Plain(e.Message)}");
    return ExitCodes.Failure;
}
