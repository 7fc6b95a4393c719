using System.CommandLine;
using System.Globalization;
using Stackflare.Interop;
using Stackflare.Model;
using Stackflare.Processes;

namespace Stackflare.Cli.Commands;

/// <summary><c>stackflare signal PROCESS</c>: asks a program that waits for a signal to dump itself.</summary>
internal static class SignalCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static Command Create()
    {
        var process = new Argument<string>("process") { Description = "The process: its id, or the name of its program.", HelpName = "pid|name" };
        var wanted = new Option<Signal?>("--signal", "-s")
        {
            Description = "The signal. By default, the one that the program waits for.",
            HelpName = "SIGNAL",
            CustomParser = static result =>
            {
                try
                {
                    if (Signal.Parse(result.Tokens[0].Value) is var signal && signal != Signal.Term)
                        return signal;
                    result.AddError("--signal: SIGTERM ends a program, whether it dumps itself or not. Use kill for that.");
                    return null;
                }
                catch (StackflareException e)
                {
                    result.AddError($"--signal: {e.Message}");
                    return null;
                }
            },
        };
        DumpCommand.CheckIsNoOption(process);
        var command = new Command("signal", "Ask a program to dump itself, if it waits for a signal to do so.") { process, wanted };
        command.SetAction(result =>
        {
            using var watchdog = new Watchdog(Patience);
            Console.Out.WriteLine(EscapedText.Plain(Send(ProcessFinder.Find(result.GetValue(process)!), result.GetValue(wanted))));
            return ExitCodes.Success;
        });
        return command;
    }

    /// <summary>Sends the signal, if the process waits for it.</summary>
    /// <returns>What was done.</returns>
    /// <exception cref="StackflareException">The process does not wait for the signal, or cannot be signalled.</exception>
    private static string Send(TargetProcess target, Signal? wanted)
    {
        if (!target.IsVisible)
            throw new ToolException(StackflareError.Unsupported, "The process is not in /proc, so it cannot be signalled.", "Run the tool where the process can be seen.");
        int pid = target.Pid;
        IReadOnlyList<Signal> traps = SignalTraps.In(pid);
        Signal signal = wanted ?? (traps is [var first, ..] ? first : throw NoTrap(pid));
        if (!traps.Contains(signal))
            throw NoTrap(pid, signal, traps);
        if (target.IsStopped())
            throw new ToolException(StackflareError.ProcessStopped, Invariant($"Process {pid} is stopped, so it would dump itself only once it runs again."), Invariant($"Resume it: kill -CONT {pid}."));
        // Its id may belong to another process by now.
        int sent = target.HasEnded() ? -Posix.ESRCH : Posix.SendSignal(pid, signal.Number);
        return sent switch
        {
            0 => Invariant($"{signal} was sent to process {pid} ({ProcessFiles.ProgramName(pid)}). The dump goes where the program's signal handler writes it."),
            -Posix.ESRCH => throw StackflareException.NoSuchProcess(Invariant($"Process {pid} has ended.")),
            _ => throw new ToolException(StackflareError.AccessDenied, Invariant($"The kernel does not let this process signal process {pid}."), "Run as the same user, or as root."),
        };
    }

    private static ToolException NoTrap(int pid) => new(
        StackflareError.Unsupported,
        Invariant($"Process {pid} waits for no signal to dump itself, so nothing was sent: a signal could end it."), Invariant($"Take the dump from outside: stackflare {pid}."));

    private static ToolException NoTrap(int pid, Signal signal, IReadOnlyList<Signal> traps) => new(
        StackflareError.Unsupported,
        Invariant($"Process {pid} does not wait for {signal} to dump itself, so nothing was sent: {(SignalTraps.IsCaught(pid, signal) ? "it may do something else then" : "it would end")}."),
        traps is [] ? Invariant($"Take the dump from outside: stackflare {pid}.") : Invariant($"It waits for {string.Join(" and ", traps)}."));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
