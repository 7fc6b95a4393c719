using System.CommandLine;
using Stackflare.Cli.Running;

namespace Stackflare.Cli.Commands;

/// <summary><c>stackflare tree PROCESS</c>: dumps of a process and of all that it has started.</summary>
internal static class TreeCommand
{
    public static Command Create()
    {
        var process = new Argument<string>("process") { Description = "The process: its id, of any kind of program, or the name of a .NET program.", HelpName = "pid|name" };
        var output = new Option<string?>("--output", "-o") { Description = "A directory for one file of each dump, besides standard output.", HelpName = "DIR" };
        Option<double> timeout = NumberOption.Create("--timeout", alias: null, 5.0, least: 0.01, most: 600);
        (timeout.Description, timeout.HelpName) = ("Time limit of each dump in seconds.", "S");
        var below = new Option<bool>("--below") { Description = "Leave out the process itself." };
        var reason = new Option<string?>("--reason") { Hidden = true };
        var token = new Option<string?>("--token") { Hidden = true };
        DumpCommand.CheckIsNoOption(process);
        var command = new Command("tree", "Dump a process and all processes that it has started.") { process, output, timeout, below, reason, token };
        command.SetAction(result =>
        {
            int root = ProcessFinder.FindAny(result.GetValue(process)!);
            var log = new CiLog(CiLog.Output, result.GetValue(token) ?? CiLog.NewToken());
            if (result.GetValue(reason) is { } why)
                log.Warn(why);
            return new TreeReport(new OwnCommandLine(), root, result.GetValue(output), result.GetValue(timeout), log).Write(withRoot: !result.GetValue(below));
        });
        return command;
    }
}
