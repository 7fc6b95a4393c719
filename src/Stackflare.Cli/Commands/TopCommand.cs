using System.CommandLine;
using Stackflare.Analysis;
using Stackflare.Capture;
using Stackflare.Cli.Terminal;

namespace Stackflare.Cli.Commands;

/// <summary><c>stackflare top PROCESS</c>: what a process does, again and again.</summary>
internal static class TopCommand
{
    public static Command Create()
    {
        var shared = new SharedOptions();
        var process = new Argument<string>("process") { Description = "The process: its id, or the name of its program.", HelpName = "pid|name" };
        var once = new Option<bool>("--once") { Description = "One screen as plain text, for scripts. The default if standard output is not a terminal." };
        Option<int> count = NumberOption.Create("--count", "-n", 0, least: 0, most: int.MaxValue);
        // What it is without the option depends on standard output.
        (count.Description, count.HelpName, count.DefaultValueFactory) = ("Number of screens; 0 for no limit, until q or Ctrl+C: the default on a terminal.", "N", null);
        Option<int> interval = NumberOption.Create("--interval", "-i", 2000, least: 100, most: 3_600_000);
        (interval.Description, interval.HelpName) = ("Milliseconds from one screen to the next.", "MS");
        Option<double> rate = NumberOption.Create("--rate", "-r", 50.0, least: 0.01, most: 1000);
        (rate.Description, rate.HelpName) = ("Samples each second, at most: fewer are taken if the program would be paused for more than 1 % of the time.", "N");
        var noAsync = new Option<bool>("--no-async") { Description = "Leave out async methods that wait." };
        Option<double> timeout = NumberOption.Create("--timeout", alias: null, 5.0, least: 0.01, most: 600);
        (timeout.Description, timeout.HelpName) = ("Time limit of a sample in seconds.", "S");
        DumpCommand.CheckIsNoOption(process);
        var command = new Command("top", "Watch a process: its hottest lines, busiest threads, wanted locks, the thread pool's queue.") { process, once, count, interval, rate, noAsync, timeout, shared.NoSource, shared.Symbols };
        command.SetAction(result =>
        {
            bool isCounted = result.GetResult(count) is { Implicit: false };
            if (result.GetValue(once) && isCounted)
                return Usage.Error("--once and --count cannot be combined.");
            bool isLive = !result.GetValue(once) && TerminalCapabilities.CanRedraw;
            int screens = isCounted || isLive ? result.GetValue(count) : 1;
            TimeSpan time = TimeSpan.FromMilliseconds(result.GetValue(interval));
            TimeSpan? end = screens == 0 ? null : time * screens;
            bool withAsync = !result.GetValue(noAsync);
            // The search for async stacks has a part of the pauses of its own: it is rare, and takes longer.
            double part = withAsync ? SampleClock.MaxPaused / 2 : SampleClock.MaxPaused;
            var options = new CaptureOptions
            {
                AsyncStacks = withAsync ? AsyncStackMode.Auto : AsyncStackMode.Never,
                SourceText = !result.GetValue(shared.NoSource),
                Limits = new DumpLimits { Timeout = TimeSpan.FromSeconds(result.GetValue(timeout)) },
            };
            using ProcessCapture capture = DumpCommand.Look(result.GetValue(process)!, options, result.GetValue(shared.Symbols) ?? []);
            using var interrupt = new Interrupt();
            using var watch = new Watch(
                capture, new SampleClock(TimeSpan.FromSeconds(1 / result.GetValue(rate)), end, isIncremental: false, part),
                withAsync ? new SampleClock(time, end, isIncremental: false, part) : null, interrupt, screens, time, isLive);
            watch.Run();
            return watch.Screens == 0 || (interrupt.Happened && screens != 0 && !watch.IsReaderGone) ? ExitCodes.Interrupted
                // A process that has ended was watched to its end.
                : watch.Error is { Error: not StackflareError.NoSuchProcess } error ? ExitCodes.For(error) : ExitCodes.Success;
        });
        return command;
    }
}
