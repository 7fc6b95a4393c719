using System.Diagnostics;
using System.Globalization;

namespace Stackflare.Bench.Subjects;

/// <summary>A running program that dumps are taken of. Disposing of it ends it.</summary>
internal sealed class Subject : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly PipeTap _stdout;
    private readonly PipeTap _stderr;
    private readonly PipeTap _dumps;
    private readonly int _signal;
    private readonly string _name;

    private Subject(string name, ProcessStartInfo command, int signal, bool dumpsToStdout)
    {
        _name = name;
        _signal = signal;
        _process = Process.Start(command)!;
        _stdout = new PipeTap(_process.StandardOutput.BaseStream);
        _stderr = new PipeTap(_process.StandardError.BaseStream);
        _dumps = dumpsToStdout ? _stdout : _stderr;
    }

    internal int Id => _process.Id;

    /// <summary>Starts a contestant and waits until its threads are in their places.</summary>
    internal static Subject Start(Contestant contestant, Shape shape) =>
        Start(contestant.Name, contestant.Command(shape), contestant.Signal, contestant.DumpsToStdout);

    /// <summary>Starts the program with Stackflare in it, and waits likewise.</summary>
    internal static Subject StartTarget(Shape shape, params string[] switches) =>
        Start("target", Contestants.Target(shape, switches), LibC.SigUsr1, dumpsToStdout: false);

    /// <summary>The same on .NET 11, where the machine's own runtime is another.</summary>
    internal static Subject StartTargetOnNet11(Shape shape, params string[] switches)
    {
        ProcessStartInfo command = Contestants.Target(shape, switches);
        // Of the two variables this one counts more, and "dotnet run" sets it.
        command.Environment["DOTNET_ROOT_X64"] =
            Path.Combine(Repository.Root, "tests", "Targets", "Runtime11", "bin", Repository.Configuration, "net10.0", "dotnet");
        command.Environment["DOTNET_ROLL_FORWARD"] = "Major";
        return Start("target on .NET 11", command, LibC.SigUsr1, dumpsToStdout: false);
    }

    /// <summary>Takes a dump of which nothing is known but that it ends; the result says how the next ones will.</summary>
    internal DumpEnd LearnEnd()
    {
        Send();
        WaitUntil(() => _dumps.Look() is { Bytes: > 0 } look && Stopwatch.GetElapsedTime(look.LastByteAt) > DumpEnd.LongSilence, "dump");
        return DumpEnd.Of(_dumps);
    }

    /// <summary>Takes a dump and waits for its end.</summary>
    internal DumpSample TakeDump(DumpEnd end)
    {
        long faults = PageFaults();
        long sentAt = Send();
        WaitUntil(() => _dumps.Look() is { Bytes: > 0 } look && end.Reached(_dumps, look.Lines, Stopwatch.GetElapsedTime(look.LastByteAt)), "dump");
        (int lines, int bytes, long lastByteAt, _) = _dumps.Look();
        return new DumpSample(Stopwatch.GetElapsedTime(sentAt, lastByteAt), lines, bytes, PageFaults() - faults, _dumps.Head(500));
    }

    /// <summary>Gives the target a command and returns its answer, one line.</summary>
    internal string Ask(string command)
    {
        _stdout.Clear();
        _process.StandardInput.WriteLine(command);
        _process.StandardInput.Flush();
        WaitUntil(() => _stdout.Look().Lines > 0, "answer to " + command);
        return _stdout.Text().Trim();
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static Subject Start(string name, ProcessStartInfo command, int signal, bool dumpsToStdout)
    {
        Subject subject = new(name, command, signal, dumpsToStdout);
        try
        {
            subject.WaitUntil(() => subject._stdout.Text().Contains("READY\n", StringComparison.Ordinal), "READY");
            return subject;
        }
        catch
        {
            subject.Dispose();
            throw;
        }
    }

    /// <summary>Page faults of the program so far: the tenth and the twelfth field of a line whose second one can contain spaces.</summary>
    private long PageFaults()
    {
        string line = File.ReadAllText($"/proc/{_process.Id}/stat");
        string[] fields = line[(line.LastIndexOf(')') + 2)..].Split(' ');
        return long.Parse(fields[7], CultureInfo.InvariantCulture) + long.Parse(fields[9], CultureInfo.InvariantCulture);
    }

    private long Send()
    {
        _dumps.Clear();
        long sentAt = Stopwatch.GetTimestamp();
        return LibC.Kill(_process.Id, _signal) == 0 ? sentAt : throw new BenchException($"{_name}: the signal could not be sent.");
    }

    private void WaitUntil(Func<bool> condition, string what)
    {
        long began = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (_stdout.Look().Ended || Stopwatch.GetElapsedTime(began) > Patience)
                throw new BenchException($"{_name}: no {what}. It said:\n{_stdout.Tail(2000)}\n{_stderr.Tail(2000)}");

            // Rarely enough not to be in the way of what is measured.
            Thread.Sleep(2);
        }
    }
}
