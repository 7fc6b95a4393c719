using System.Diagnostics;
using System.Globalization;
using System.Text;
using Stackflare.Analysis;
using Stackflare.Interop;
using Stackflare.Model;

namespace Stackflare.Cli.Running;

/// <summary>
/// Runs a command, and shows the threads of its .NET processes when it takes too long. One thread waits for signals, the times and the end of the command.
/// It reads nothing of other processes: each report is made by another process, so that nothing can keep a signal or the end of the command from being passed on.
/// </summary>
/// <param name="own">The command line of this process, with the command in it.</param>
/// <param name="options">When to do what.</param>
internal sealed class Supervisor(OwnCommandLine own, RunOptions options)
{
    private const int LastSignal = 64, LeastRealTime = 35, Init = 1;

    /// <summary>How long a signal waits for the last report. Build services and orchestrators kill what does not end within some seconds.</summary>
    private static readonly TimeSpan LastReport = TimeSpan.FromSeconds(5);

    /// <summary>How long a report may take otherwise.</summary>
    private static readonly TimeSpan LongestReport = TimeSpan.FromMinutes(2);

    /// <summary>How long the command may take to end before it is killed.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>Signals of which the command gets its own: those that a process or the terminal sends. SIGTTIN and SIGTTOU stop this process, as they should.</summary>
    private static readonly int[] Relayed =
    [
        Posix.SIGHUP, Posix.SIGINT, Posix.SIGQUIT, Posix.SIGUSR1, Posix.SIGUSR2, Posix.SIGALRM, Posix.SIGTERM, Posix.SIGCONT, Posix.SIGTSTP, Posix.SIGWINCH,
        .. Enumerable.Range(LeastRealTime, LastSignal - LeastRealTime + 1),
    ];

    private readonly CiLog _log = new(CiLog.Error);
    private readonly Stopwatch _time = Stopwatch.StartNew();

    /// <summary>Signals that are passed on after the report that runs.</summary>
    private readonly Queue<int> _held = new();

    private int _command, _reporter, _reports;
    private bool _hadLastReport, _isEnded;
    private TimeSpan? _nextReport = options.After ?? options.Every, _reporterEnd, _exitEnd, _kill = options.KillAfterTime, _killAll;

    /// <summary>The signals to wait for. They must be blocked in all threads.</summary>
    public static ulong Awaited { get; } = Relayed.Aggregate(Posix.SetOf(Posix.SIGCHLD), static (set, signal) => set | Posix.SetOf(signal));

    /// <summary>Runs the command to its end.</summary>
    /// <returns>Its exit code. If a signal has ended it, the same signal ends this process, and this returns only where that is not possible.</returns>
    public int Run()
    {
        Posix.AdoptOrphans();
        _command = Posix.Spawn(own.Command[0], own.Command, Hook.Add(own.EnvironmentOfCommand, options.Hook), own.BlockedBefore);
        if (_command < 0)
        {
            string reason = -_command is Posix.ENOENT ? "there is no such program" : new System.ComponentModel.Win32Exception(-_command).Message;
            _log.Say($"'{Name()}' cannot be run: {reason}.");
            return -_command is Posix.ENOENT or Posix.ENOTDIR ? ExitCodes.CommandNotFound : ExitCodes.CannotRun;
        }
        int status;
        while (!TryTakeEnd(out status))
        {
            DoWhatIsDue();
            if (Posix.WaitForSignal(Awaited, Wait(), out bool isFromTerminal) is not (0 or Posix.SIGCHLD) and var received)
                Receive(received, isFromTerminal);
        }
        if (_reporter > 0)
            _ = Posix.SendSignal(_reporter, Posix.SIGKILL);
        if (_isEnded)
        {
            KillAll();
            return ExitCodes.TimedOut;
        }
        // To init, no signal does anything that it does not handle.
        if (Posix.EndSignal(status) is > 0 and var signal && Environment.ProcessId != Init)
            Posix.EndBy(signal);
        return Posix.ExitCode(status);
    }

    /// <summary>Takes notice of all that have ended.</summary>
    /// <returns>Whether the command is one of them.</returns>
    private bool TryTakeEnd(out int status)
    {
        while (Posix.TakeEnded(out status) is > 0 and var ended)
        {
            if (ended == _command)
                return true;
            if (ended == _reporter)
                (_reporter, _reporterEnd) = (0, null);
        }
        return false;
    }

    private TimeSpan? Wait()
    {
        TimeSpan? next = null;
        foreach (TimeSpan? due in (ReadOnlySpan<TimeSpan?>)[_nextReport, _reporterEnd, _exitEnd, _kill, _killAll])
            next = next < due ? next : due ?? next;
        return next is { } time ? TimeSpan.FromTicks(Math.Max(0, (time - _time.Elapsed).Ticks)) : null;
    }

    private bool IsDue(TimeSpan? time) => time <= _time.Elapsed;

    private void DoWhatIsDue()
    {
        if (_reporter > 0 && IsDue(_reporterEnd))
        {
            // What takes a dump at this moment ends by itself, and leaves nothing behind.
            _ = Posix.SendSignal(_reporter, Posix.SIGKILL);
            _reporterEnd = null;
        }
        if (_reporter == 0)
        {
            while (_held.TryDequeue(out int signal))
                Pass(signal);
        }
        if (IsDue(_exitEnd))
        {
            _exitEnd = null;
            Report($"still runs {Text(options.OnExit!.Value)} after it was asked to end", LongestReport);
        }
        if (IsDue(_nextReport))
        {
            Report($"has run for {Text(_time.Elapsed)}", LongestReport);
            _nextReport = options.Every is { } every ? _time.Elapsed + every : null;
        }
        if (IsDue(_kill) || (_reporter == 0 && _reports >= options.KillAfterDumps && !_isEnded))
            EndCommand();
        if (IsDue(_killAll))
        {
            _killAll = null;
            KillAll();
        }
    }

    private void Receive(int signal, bool isFromTerminal)
    {
        // The terminal sends its signals to the command as well.
        if (!isFromTerminal && signal is Posix.SIGINT or Posix.SIGTERM && !_hadLastReport)
        {
            _hadLastReport = true;
            Report($"was asked to end ({(signal == Posix.SIGINT ? "SIGINT" : "SIGTERM")}) after {Text(_time.Elapsed)}", LastReport);
            _held.Enqueue(signal);
        }
        else if (!isFromTerminal)
        {
            // A second signal means that nobody wants to wait.
            while (_held.TryDequeue(out int held))
                Pass(held);
            Pass(signal);
        }
        else if (signal is Posix.SIGINT or Posix.SIGQUIT or Posix.SIGHUP)
        {
            _exitEnd ??= _time.Elapsed + options.OnExit;
        }
        if (signal == Posix.SIGTSTP)
            Posix.StopThisProcess();
    }

    private void Pass(int signal)
    {
        _ = Posix.SendSignal(_command, signal);
        if (signal is Posix.SIGINT or Posix.SIGTERM)
            _exitEnd ??= _time.Elapsed + options.OnExit;
    }

    /// <summary>Has a report made, unless one is being made.</summary>
    private void Report(string reason, TimeSpan limit)
    {
        if (_reporter > 0)
        {
            _reporterEnd = _time.Elapsed + limit < _reporterEnd ? _time.Elapsed + limit : _reporterEnd;
            return;
        }
        _reports++;
        _log.Warn($"'{Name()}' {reason}. Its processes and their threads follow.");
        IEnumerable<string> arguments = ["tree", Environment.ProcessId.ToString(CultureInfo.InvariantCulture), "--below", .. options.Output is { } output ? (string[])["--output", output] : []];
        int reporter = Posix.Spawn(OwnCommandLine.Program, own.With("run", arguments), own.EnvironmentOfCommand, own.BlockedBefore, CiLog.Error);
        if (reporter > 0)
            (_reporter, _reporterEnd) = (reporter, _time.Elapsed + limit);
    }

    private void EndCommand()
    {
        (_kill, _nextReport, _isEnded) = (null, null, true);
        _log.Warn($"'{Name()}' is ended: it has run for {Text(_time.Elapsed)}.");
        Pass(Posix.SIGTERM);
        Pass(Posix.SIGCONT);
        _killAll = _time.Elapsed + Grace;
    }

    private static void KillAll()
    {
        foreach (ProcessTree process in ProcessTree.Below(Environment.ProcessId))
            _ = Posix.SendSignal(process.Pid, Posix.SIGKILL);
    }

    private string Name() => EscapedText.Plain(string.Join(' ', own.Command.Select(static a => Encoding.UTF8.GetString(a.AsSpan(..^1)))));

    private static string Text(TimeSpan time) =>
        time.TotalSeconds < 120 ? DiagnosisText.Count((long)Math.Round(time.TotalSeconds), "second") : DiagnosisText.Count((long)Math.Round(time.TotalMinutes), "minute");
}
