using System.CommandLine;
using System.Globalization;
using Stackflare.Cli.Running;

namespace Stackflare.Cli.Commands;

/// <summary><c>stackflare run -- COMMAND</c>: runs any command, and shows its threads when it takes too long.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var words = new Argument<string[]>("command") { Description = "The command and its arguments, after --.", Arity = ArgumentArity.ZeroOrMore, HelpName = "command" };
        Option<TimeSpan?> after = DurationOption.Create("--after", "Dump the .NET processes of the command once it has run for this time.");
        Option<TimeSpan?> every = DurationOption.Create("--every", "Dump them again each time that this time has passed since.");
        Option<TimeSpan?> onExit = DurationOption.Create("--on-exit-timeout", "Dump them if the command has not ended this time after a signal that asks it to.");
        var kill = new Option<string?>("--kill-after") { Description = $"End the command after this number of dumps, or after this time with a unit; the exit code is then {ExitCodes.TimedOut}.", HelpName = "N|TIME" };
        var hook = new Option<bool>("--hook") { Description = "Have its .NET programs dump themselves on SIGUSR1, and watch themselves. Needs Stackflare.dll beside this tool." };
        var output = new Option<string?>("--output", "-o") { Description = "A directory for one file of each dump, besides standard error.", HelpName = "DIR" };
        var command = new Command("run", "Run a command, and dump its .NET processes if it takes too long.") { words, after, every, onExit, kill, hook, output };
        command.SetAction(result =>
        {
            var own = new OwnCommandLine();
            // The parser takes a mistyped option for a word of the command.
            string[] given = result.GetValue(words) ?? [];
            if (given.Length > own.Command.Count && Usage.IsOption(given[0]))
                return Usage.Error(Usage.NotAnOption(given[0], result.CommandResult.Command));
            if (given.Length != own.Command.Count || own.Command is [])
                return Usage.Error("Put the command after --, as in 'stackflare run --after 10m -- dotnet test'.");
            if (!TryParseKill(result.GetValue(kill), out int? dumps, out TimeSpan? time))
                return Usage.Error("--kill-after must be a number of dumps, or a time with a unit, as in 3 or 20m.");
            if (dumps is not null && result.GetValue(after) is null && result.GetValue(every) is null)
                return Usage.Error("--kill-after counts the dumps of --after and --every. Give one of them, or a time with a unit.");
            if (dumps > 1 && result.GetValue(every) is null)
                return Usage.Error("--kill-after counts the dumps of --after and --every. Without --every, there is only one.");
            if (result.GetValue(hook) && Hook.Find() is null)
                return Usage.Error("--hook needs the library, Stackflare.dll, beside this tool. It is in the package 'Stackflare'.");
            own.BlockSignals(Supervisor.Awaited);
            var supervisor = new Supervisor(own, new RunOptions
            {
                After = result.GetValue(after),
                Every = result.GetValue(every),
                OnExit = result.GetValue(onExit),
                KillAfterDumps = dumps,
                KillAfterTime = time,
                Output = result.GetValue(output),
                Hook = result.GetValue(hook) ? Hook.Find() : null,
            });
            return supervisor.Run();
        });
        return command;
    }

    private static bool TryParseKill(string? text, out int? dumps, out TimeSpan? time)
    {
        (dumps, time) = (null, null);
        if (text is null)
            return true;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            dumps = number > 0 ? number : null;
        else
            time = DurationOption.TryParse(text);
        return dumps is not null || time is not null;
    }
}
