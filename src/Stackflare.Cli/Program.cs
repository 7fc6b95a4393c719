using Stackflare;
using Stackflare.Cli;
using Stackflare.Cli.Commands;

try
{
    return DumpCommand.Create().Parse(args).Invoke(new() { EnableDefaultExceptionHandler = false });
}
catch (StackflareException e)
{
    Console.Error.WriteLine($"stackflare: {e.Message}");
    return ExitCodes.Of(e);
}
