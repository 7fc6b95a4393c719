using System.Diagnostics;
using System.Globalization;
using System.Text;
using Stackflare.Analysis;
using Stackflare.Interop;
using Stackflare.Model;

namespace Stackflare.Cli.Running;

/// <summary>
/// Runs a command, and shows the threads of its .NET processes when it takes too long. One thread waits for signals, the times and the end of the command.
/// It reads no memory of other processes: each report is made by another process, so that nothing can keep a signal or the end of the command from being passed on.
/// </summary>
/// <param name="own">The command line of this process, with the command in it.</param>
/// <param name="options">When to do what.</param>
internal sealed class Supervisor(OwnCommandLine own, RunOptions options)
{
    private const int DumpSeconds = 5, LastDumpSeconds = 2, KillPasses = 20, MaxName = 300;

    private const int LastSignal = 64, LeastRealTime = 35, Init = 1;

    /// <summary>How long a signal waits for the last report. Build services and orchestrators kill what does not end within some seconds.</summary>
    private static readonly TimeSpan LastReport = TimeSpan.FromSeconds(5);

    /// <summary>How long a report may take otherwise.</summary>
    private static readonly TimeSpan LongestReport = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan KillInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>How long the command may take to end before it is killed.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>Signals of which the command gets its own: those that a process or the terminal sends. SIGTTIN and SIGTTOU stop this process, as they should.</summary>
    private static readonly int[] Relayed =
    [
        Posix.SIGHUP, Posix.SIGINT, Posix.SIGQUIT, Posix.SIGUSR1, Posix.SIGUSR2, Posix.SIGALRM, Posix.SIGTERM, Posix.SIGCONT, Posix.SIGTSTP, Posix.SIGWINCH,
        .. Enumerable.Range(LeastRealTime, LastSignal - LeastRealTime + 1),
    ];

    private readonly string _token = CiLog.NewToken();
    private readonly Stopwatch _time = Stopwatch.StartNew();

    /// <summary>The children that this process had before it began, as the program that was here before.</summary>
    private readonly HashSet<int> _others = [.. ProcessTree.Below(Environment.ProcessId).Where(static p => p.Depth == 0).Select(static p => p.Pid)];

    /// <summary>Signals that are passed on after the report that runs.</summary>
    private readonly Queue<int> _held = new();

    private int _command, _reporter, _reports;
    private bool _hadLastReport, _owesExitReport, _isEnded;
    private TimeSpan _stopped;
    private TimeSpan? _nextReport = options.After ?? options.Every, _reporterEnd, _exitEnd, _kill = options.KillAfterTime, _killAll;

    /// <summary>The signals to wait for. They must be blocked in all threads.</summary>
    public static ulong Awaited { get; } = Relayed.Aggregate(Posix.SetOf(Posix.SIGCHLD), static (set, signal) => set | Posix.SetOf(signal));

    /// <summary>Runs the command to its end.</summary>
    /// <returns>Its exit code. If a signal has ended it, the same signal ends this process, and this returns only where that is not possible.</returns>
    public int Run()
    {
        Posix.AdoptOrphans();
        // Where it is ignored, the end of the command is not told.
        Posix.UseDefault(Posix.SIGCHLD);
        _command = Start();
        if (_command < 0)
        {
            string reason = -_command is Posix.ENOENT ? "there is no such program" : new System.ComponentModel.Win32Exception(-_command).Message;
            Log.Say($"'{Name()}' cannot be run: {reason}.");
            return -_command is Posix.ENOENT or Posix.ENOTDIR ? ExitCodes.CommandNotFound : ExitCodes.CannotRun;
        }
        int status;
        while (!TryTakeEnd(out status) && !IsDue(_killAll))
        {
            DoWhatIsDue();
            if (Posix.WaitForSignal(Awaited, Wait(), out bool isFromTerminal) is not (0 or Posix.SIGCHLD) and var received)
                Receive(received, isFromTerminal);
        }
        if (_reporter > 0)
        {
            // The process that takes a dump for it has standard error open too, so its reader would wait.
            Kill(ProcessTree.Below(_reporter));
            AbandonReport();
        }
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

    private CiLog Log => new(CiLog.Error, _token);

    /// <summary>The time that the command has had: not while it was stopped.</summary>
    private TimeSpan Now => _time.Elapsed - _stopped;

    private int Start()
    {
        IReadOnlyList<byte[]> command = own.Command, environment = Hook.Add(own.EnvironmentOfCommand, options.Hook);
        int started = Posix.Spawn(command[0], command, environment, own.BlockedBefore);
        // As shells do with a script that does not say what runs it.
        return started == -Posix.ENOEXEC && Script(command[0]) is { } script
            ? Posix.Spawn(OwnCommandLine.Bytes("/bin/sh"), [OwnCommandLine.Bytes("/bin/sh"), script, .. command.Skip(1)], environment, own.BlockedBefore)
            : started;
    }

    /// <summary>The path of a script. The name of one without a slash is searched for in PATH.</summary>
    private static byte[]? Script(byte[] name) => name.Contains((byte)'/') ? name
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(d => Path.Combine(d, Encoding.UTF8.GetString(name.AsSpan(..^1)))).FirstOrDefault(File.Exists) is { } path ? OwnCommandLine.Bytes(path)
        : null;

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
        return next is { } time ? TimeSpan.FromTicks(Math.Max(0, (time - Now).Ticks)) : null;
    }

    private bool IsDue(TimeSpan? time) => time <= Now;

    private void DoWhatIsDue()
    {
        if (_reporter > 0 && IsDue(_reporterEnd))
            AbandonReport();
        if (_reporter == 0)
            PassHeld();
        if (IsDue(_exitEnd))
            (_exitEnd, _owesExitReport) = (null, true);
        if (_owesExitReport && _reporter == 0)
        {
            _owesExitReport = false;
            Report($"still runs {Text(options.OnExit!.Value)} after it was asked to end", LongestReport);
        }
        if (IsDue(_nextReport))
        {
            if (Report($"has run for {Text(Now)}", LongestReport))
                _reports++;
            _nextReport = options.Every is { } every ? Now + every : null;
        }
        if (IsDue(_kill) || (_reporter == 0 && _reports >= options.KillAfterDumps && !_isEnded))
            EndCommand();
    }

    private void Receive(int signal, bool isFromTerminal)
    {
        if (isFromTerminal && !ReachesThisProcessOnly(signal))
        {
            // The command has it already.
            if (signal is Posix.SIGINT)
                _exitEnd ??= Now + options.OnExit;
        }
        else if (signal is Posix.SIGINT or Posix.SIGTERM && !isFromTerminal && !_hadLastReport)
        {
            _hadLastReport = true;
            Report($"was asked to end ({(signal == Posix.SIGINT ? "SIGINT" : "SIGTERM")}) after {Text(Now)}", LastReport);
            _held.Enqueue(signal);
        }
        else
        {
            // A second signal of this kind means that nobody wants to wait.
            if (signal is Posix.SIGHUP or Posix.SIGINT or Posix.SIGQUIT or Posix.SIGTERM)
                PassHeld();
            Pass(signal);
        }
        if (signal == Posix.SIGTSTP)
        {
            TimeSpan before = _time.Elapsed;
            Posix.StopByTerminal();
            _stopped += _time.Elapsed - before;
        }
    }

    /// <summary>Whether a signal of the terminal does not reach the command: it is in another process group, or the terminal is gone, which is told to the leader of the session.</summary>
    private bool ReachesThisProcessOnly(int signal) => Posix.GroupOf(_command) != Posix.GroupOf(0) || (signal == Posix.SIGHUP && Posix.LeadsSession());

    private void PassHeld()
    {
        while (_held.TryDequeue(out int signal))
            Pass(signal);
    }

    private void Pass(int signal)
    {
        _ = Posix.SendSignal(_command, signal);
        if (signal is Posix.SIGINT or Posix.SIGTERM)
            _exitEnd ??= Now + options.OnExit;
    }

    /// <summary>Has a report made, unless one is being made.</summary>
    private bool Report(string reason, TimeSpan limit)
    {
        if (_reporter > 0)
        {
            _reporterEnd = Now + limit < _reporterEnd ? Now + limit : _reporterEnd;
            return false;
        }
        List<string> arguments =
        [
            "tree", Environment.ProcessId.ToString(CultureInfo.InvariantCulture), "--below", "--token", _token, "--reason", $"'{Name()}' {reason}. Its processes and their threads follow.",
            "--timeout", (limit == LastReport ? LastDumpSeconds : DumpSeconds).ToString(CultureInfo.InvariantCulture),
        ];
        if (options.Output is { } output)
            arguments.AddRange(["--output", output]);
        int reporter = Posix.Spawn(OwnCommandLine.Program, own.With("run", arguments), own.EnvironmentOfCommand, own.BlockedBefore, CiLog.Error, hasInput: false);
        if (reporter > 0)
            (_reporter, _reporterEnd) = (reporter, Now + limit);
        return true;
    }

    /// <summary>Lets go of the report that is being made. One that the kernel does not end is not waited for.</summary>
    private void AbandonReport()
    {
        _ = Posix.SendSignal(_reporter, Posix.SIGKILL);
        (_reporter, _reporterEnd) = (0, null);
        Log.Recover();
    }

    private void EndCommand()
    {
        (_kill, _nextReport, _isEnded) = (null, null, true);
        Pass(Posix.SIGTERM);
        Pass(Posix.SIGCONT);
        _killAll = Now + Grace;
        Log.TryWarn($"'{Name()}' is ended: it has run for {Text(Now)}.");
    }

    private void KillAll()
    {
        // What begins while the others are killed is found the next time.
        for (int i = 0; i < KillPasses && ProcessTree.Below(Environment.ProcessId, without: _others) is { Count: > 0 } all; i++)
        {
            Kill(all);
            _ = Posix.WaitForSignal(Posix.SetOf(Posix.SIGCHLD), KillInterval, out _);
            while (Posix.TakeEnded(out _) > 0)
            {
            }
        }
    }

    private static void Kill(IReadOnlyList<ProcessTree> processes)
    {
        foreach (ProcessTree process in processes)
            _ = Posix.SendSignal(process.Pid, Posix.SIGKILL);
    }

    /// <summary>The command for messages. It can be longer than an argument may be.</summary>
    private string Name()
    {
        string command = string.Join(' ', own.Command.Select(static a => Encoding.UTF8.GetString(a.AsSpan(..^1))));
        return EscapedText.Plain(command.Length > MaxName ? command[..MaxName] + "…" : command);
    }

    private static string Text(TimeSpan time) =>
        time.TotalSeconds < 120 ? DiagnosisText.Count((long)Math.Round(time.TotalSeconds), "second") : DiagnosisText.Count((long)Math.Round(time.TotalMinutes), "minute");
}
