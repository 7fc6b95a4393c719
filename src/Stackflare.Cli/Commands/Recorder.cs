using System.Diagnostics;
using System.Globalization;
using Stackflare.Analysis;
using Stackflare.Capture;
using Stackflare.Snapshots;
using Stackflare.Symbols;

namespace Stackflare.Cli.Commands;

/// <summary>Takes the samples of a recording, and says on a terminal how far it is. Not thread-safe.</summary>
/// <param name="capture">Takes them.</param>
/// <param name="recording">Weighs them.</param>
/// <param name="rendering">Whose dumps are redacted.</param>
/// <param name="clock">Says when they are due, and which of them are whole dumps.</param>
/// <param name="interrupt">Ends the recording.</param>
/// <param name="live">What a live view wants; null for a recording, with its progress on a terminal.</param>
internal sealed class Recorder(ProcessCapture capture, Recording recording, RenderOptions rendering, SampleClock clock, Interrupt interrupt, LiveSamples? live = null)
{
    /// <summary>After so many failed samples in a row, the recording ends.</summary>
    private const int MaxFailures = 3;

    private static readonly TimeSpan BetweenReports = TimeSpan.FromSeconds(0.5);

    private readonly ProcessSampler _sampler = new(capture);
    private readonly bool _reports = live is null && !Console.IsErrorRedirected;
    private readonly Stopwatch _watch = new();
    private DateTimeOffset _begin;
    private TimeSpan _reported, _last, _length, _longest;
    private TimeSpan? _asyncDue;
    private int _taken;

    /// <summary>The error that ended the recording early; null if there was none.</summary>
    public StackflareException? Error { get; private set; }

    /// <summary>Takes samples until the end of the recording, Ctrl+C, or an error: what was recorded before it is kept.</summary>
    public void Run()
    {
        _watch.Start();
        _begin = DateTimeOffset.UtcNow;
        int failures = 0;
        while (!interrupt.Happened && clock.Next(_watch.Elapsed) is { } due)
        {
            if (due - _watch.Elapsed is var wait && wait > TimeSpan.Zero && interrupt.WaitOr(wait))
                break;
            try
            {
                Take(due);
                failures = 0;
            }
            catch (StackflareException e) when (!interrupt.Happened && _taken > 0 && MayPass(e) && ++failures < MaxFailures)
            {
                // For example, a garbage collection took long.
                clock.Failed((e as SuspensionBlockedException)?.StoodStill ?? TimeSpan.Zero);
            }
            catch (StackflareException e)
            {
                // After an interrupt, other errors are only its effect.
                Error = interrupt.Happened ? null : e;
                break;
            }
            Report();
        }
        // If the program may not be paused again, what was seen at last counts to the end.
        if (Error is null && clock.Rest(_watch.Elapsed) is { } rest)
            _ = interrupt.WaitOr(rest);
        if (live is null && interrupt.Happened && _taken > 0 && clock.CanEnd(_watch.Elapsed))
            TakeLast();
        _length = Error is null ? _watch.Elapsed : _last;
        _longest = TimeSpan.FromTicks(Math.Max(_longest.Ticks, (_length - _last).Ticks));
        recording.End(_length);
        if (_reports)
            Say("\r\e[K");
    }

    /// <summary>What was recorded, in one line.</summary>
    /// <param name="wanted">Samples each second.</param>
    public string Summary(double wanted)
    {
        double seconds = Math.Max(_length.TotalSeconds, 0.001), reached = _taken / seconds;
        string fewer = clock.IsThrottled && reached < 0.95 * wanted
            ? string.Create(CultureInfo.InvariantCulture, $": fewer than {wanted:0.##}, so that the program is paused for at most {SampleClock.MaxPaused:0 %} of the time")
            : "";
        string ended = Error is { } error ? $"; then: {ErrorText.Describe(error)}" : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"Recorded {seconds:0.0} s: {DiagnosisText.Count(_taken, "sample")}, {reached:0.0} each second, at most {_longest.TotalSeconds:0.00} s apart{fewer}; paused for {clock.Paused.TotalMilliseconds:0.0} ms ({0.1 * clock.Paused.TotalMilliseconds / seconds:0.00} %){ended}");
    }

    private static bool MayPass(StackflareException error) => error.Error is StackflareError.Timeout or StackflareError.CaptureFailed or StackflareError.SuspensionBlocked or StackflareError.DiagnosticsUnreachable;

    private void Take(TimeSpan due)
    {
        bool withAsync = live?.AsyncClock is not { } asyncClock || (_asyncDue ??= asyncClock.Next(due)) <= due;
        ThreadDump dump = Take(token => live is null ? _sampler.Take(clock.IsWhole, token) : capture.TakeSnapshot(token, withAsync), interrupt.Token);
        // The search of the heap has a clock of its own: the rest of the pause is that of any sample.
        TimeSpan search = live?.AsyncClock is not null && withAsync ? dump.Timings.Heap : TimeSpan.Zero;
        clock.Took(dump.Timings.Pause - search);
        if (withAsync)
        {
            live?.AsyncClock?.Took(search);
            _asyncDue = null;
        }
        live?.Sampled(_watch.Elapsed);
    }

    /// <summary>After Ctrl+C: what the program does now is worth more than what it did at first.</summary>
    private void TakeLast()
    {
        try
        {
            clock.Took(Take(token => _sampler.Take(isWhole: true, token), CancellationToken.None).Timings.Pause);
        }
        catch (StackflareException)
        {
            // The program may have got the signal too.
        }
    }

    private ThreadDump Take(Func<CancellationToken, Snapshot> take, CancellationToken cancellationToken)
    {
        Snapshot snapshot;
        TimeSpan before = _watch.Elapsed;
        using (new Watchdog(capture.Limit, cleanUp: capture.Abandon))
            snapshot = take(cancellationToken);
        TimeSpan after = _watch.Elapsed;
        using (new Watchdog(capture.Limit + SymbolLimits.Time, "a file system with its symbols does not answer"))
        {
            ThreadDump dump = _sampler.Build(snapshot);
            // The end of the capture depends on what the program does.
            TimeSpan at = Clamp(dump.CapturedAt - _begin, before, after);
            // The wall clock can be set.
            _begin = dump.CapturedAt - at;
            _longest = TimeSpan.FromTicks(Math.Max(_longest.Ticks, (at - _last).Ticks));
            _last = at;
            recording.Add(ToolNotes.Reword(dump.For(rendering), "A dump with --async"), _last);
            _taken++;
            return dump;
        }
    }

    private static TimeSpan Clamp(TimeSpan time, TimeSpan least, TimeSpan most) => time < least ? least : time > most ? most : time;

    /// <summary>Writes to standard error. A terminal that was closed is no reason to lose a recording.</summary>
    public static void Say(string text)
    {
        try
        {
            Console.Error.Write(text);
        }
        catch (IOException)
        {
        }
    }

    private void Report()
    {
        if (!_reports || _watch.Elapsed - _reported < BetweenReports)
            return;
        _reported = _watch.Elapsed;
        Say(string.Create(CultureInfo.InvariantCulture,
            $"\r\e[K{_last.TotalSeconds:0} s: {DiagnosisText.Count(_taken, "sample")}, {_taken / Math.Max(_last.TotalSeconds, 0.001):0.0} each second, paused for {0.1 * clock.Paused.TotalMilliseconds / Math.Max(_last.TotalSeconds, 0.001):0.0} % of the time. Ctrl+C ends the recording and writes it."));
    }
}

/// <summary>What a live view wants of its samples: each has locks and the thread pool.</summary>
/// <param name="AsyncClock">Says which of them have async stacks, and has the part of the pauses that looks for them; null if all have what the capture's options say.</param>
/// <param name="Sampled">Called after each sample with the time since the beginning.</param>
internal sealed record LiveSamples(SampleClock? AsyncClock, Action<TimeSpan> Sampled);
