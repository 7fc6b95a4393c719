using System.Diagnostics;
using System.Globalization;
using Stackflare.Analysis;
using Stackflare.Capture;
using Stackflare.Snapshots;
using Stackflare.Symbols;
using Stackflare.Writers.Profiles;

namespace Stackflare.Cli.Commands;

/// <summary>Takes the samples of a recording, and says on a terminal how far it is. Not thread-safe.</summary>
internal sealed class Recorder(ProcessCapture capture, Recording recording, SampleClock clock, Interrupt interrupt)
{
    private static readonly TimeSpan BetweenReports = TimeSpan.FromSeconds(0.5);

    private readonly bool _reports = !Console.IsErrorRedirected;
    private readonly Stopwatch _watch = new();
    private TimeSpan _reported, _last;
    private int _taken;

    /// <summary>The error that ended the recording early; null if there was none.</summary>
    public StackflareException? Error { get; private set; }

    /// <summary>Takes samples until the end of the recording, Ctrl+C, or an error: what was recorded before it is kept.</summary>
    public void Run()
    {
        _watch.Start();
        TimeSpan pause = TimeSpan.Zero;
        while (!clock.HasEnded && !interrupt.Happened)
        {
            TimeSpan wait = clock.Next(_watch.Elapsed, pause) - _watch.Elapsed;
            if (wait > TimeSpan.Zero && interrupt.WaitOr(wait))
                break;
            try
            {
                pause = Take();
            }
            catch (StackflareException e)
            {
                // After an interrupt, other errors are only its effect.
                Error = interrupt.Happened ? null : e;
                break;
            }
            Report();
        }
        if (_reports)
            Console.Error.Write("\r\e[K");
    }

    /// <summary>What was recorded, in one line.</summary>
    /// <param name="wanted">Samples each second.</param>
    public string Summary(double wanted)
    {
        double seconds = Math.Max(_last.TotalSeconds, 0.001), reached = _taken / seconds;
        string fewer = clock.IsThrottled && reached < 0.95 * wanted
            ? string.Create(CultureInfo.InvariantCulture, $" instead of {wanted:0.##}, so that the program is paused for at most {SampleClock.MaxPaused:0 %} of the time")
            : "";
        string ended = Error is { } error ? $"; then: {ErrorText.Describe(error)}" : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"Recorded {seconds:0.0} s: {DiagnosisText.Count(_taken, "sample")}, {reached:0.0} each second{fewer}; paused for {clock.Paused.TotalMilliseconds:0.0} ms ({100 * clock.Paused / _last:0.00} %){ended}");
    }

    /// <summary>Takes a sample, and returns how long the program was paused for it.</summary>
    private TimeSpan Take()
    {
        Snapshot snapshot;
        using (new Watchdog(capture.Limit, cleanUp: capture.Abandon))
            snapshot = capture.TakeSnapshot(interrupt.Token);
        TimeSpan at = _watch.Elapsed;
        using (new Watchdog(capture.Limit + SymbolLimits.Time, "a file system with its symbols does not answer"))
        {
            ThreadDump dump = capture.Symbolicate(snapshot);
            recording.Add(dump, at);
            _taken++;
            _last = at;
            return dump.Timings.Pause;
        }
    }

    private void Report()
    {
        if (!_reports || _watch.Elapsed - _reported < BetweenReports)
            return;
        _reported = _watch.Elapsed;
        Console.Error.Write(string.Create(CultureInfo.InvariantCulture,
            $"\r\e[K{_last.TotalSeconds:0} s: {DiagnosisText.Count(_taken, "sample")}, {_taken / _last.TotalSeconds:0.0} each second, paused for {100 * clock.Paused / _last:0.0} % of the time. Ctrl+C ends the recording and writes it."));
    }
}
