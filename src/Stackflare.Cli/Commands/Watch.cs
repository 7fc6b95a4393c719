using System.Diagnostics;
using System.Globalization;
using System.Text;
using Stackflare.Analysis;
using Stackflare.Capture;
using Stackflare.Cli.Terminal;
using Stackflare.Views.Live;
using Stackflare.Writers.Text;

namespace Stackflare.Cli.Commands;

/// <summary>Watches a process: takes samples, and shows a screen at each interval. Not thread-safe.</summary>
/// <param name="capture">Takes the samples.</param>
/// <param name="clock">Says when they are due.</param>
/// <param name="asyncClock">Says which of them have async stacks; null for none.</param>
/// <param name="interrupt">Ends the watch.</param>
/// <param name="screens">How many screens there are; 0 for no limit.</param>
/// <param name="interval">The time from one screen to the next.</param>
/// <param name="isLive">Whether a screen replaces the one before, on a terminal; otherwise they are plain text, one after another.</param>
internal sealed class Watch(ProcessCapture capture, SampleClock clock, SampleClock? asyncClock, Interrupt interrupt, int screens, TimeSpan interval, bool isLive) : IDisposable
{
    /// <summary>After this time without an answer, the screen says so.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(3);

    private readonly LiveView _view = new();
    private LiveDisplay? _display;
    private LiveScreen? _last;
    // The first screen of a terminal comes at once: it has the locks and queues already.
    private TimeSpan _due = isLive ? TimeSpan.Zero : interval;
    private long _sampled;

    /// <summary>How many screens were shown.</summary>
    public int Screens { get; private set; }

    /// <summary>Whether the reader of standard output has gone: it has what it wanted.</summary>
    public bool IsReaderGone { get; private set; }

    /// <summary>The error that ended the watch early; null if there was none.</summary>
    public StackflareException? Error { get; private set; }

    /// <summary>Watches until the end, Ctrl+C, or an error.</summary>
    /// <exception cref="StackflareException">There was nothing to show.</exception>
    public void Run()
    {
        var recording = new Recording(RecordingMode.Cpu, _view);
        var recorder = new Recorder(capture, recording, RenderOptions.Default, clock, interrupt, new LiveSamples(asyncClock, at => Sampled(recording, at)));
        recorder.Run();
        Error = recorder.Error;
        _display?.Dispose();
        if (Screens == 0 && !_view.HasNew && Error is { } error)
            throw error;
        if (!isLive && _view.HasNew && !IsReaderGone && Screens < Math.Max(screens, 1))
            Write(_view.Next());
        // On the terminal's own screen, what was seen at last stays.
        else if (isLive && Error is not null && _last is { } last)
            Write(_view.HasNew ? _view.Next() : last);
        if (Error is not null)
            Recorder.Say($"stackflare: {ErrorText.Describe(Error)}\n");
        else if (!isLive && _last?.Time == TimeSpan.Zero && !interrupt.Happened)
            Recorder.Say($"stackflare: One sample was taken: a second one would have paused the program for more than {SampleClock.MaxPaused:0 %} of the time. Use a longer --interval.\n");
    }

    /// <summary>Restores the terminal.</summary>
    public void Dispose() => _display?.Dispose();

    private void Sampled(Recording recording, TimeSpan at)
    {
        Volatile.Write(ref _sampled, Stopwatch.GetTimestamp());
        if (at < _due)
            return;
        _due = interval * (Math.Floor(at / interval) + 1);
        recording.Settle();
        LiveScreen screen = _view.Next();
        string paused = Paused(at);
        if (!isLive)
        {
            Write(screen);
            return;
        }
        (_last, Screens) = (screen, Screens + 1);
        IReadOnlyList<string> Lines(int columns, int rows) => LiveText.Lines(screen, Status(paused), TerminalCapabilities.ThemeWithoutLinks, columns, rows);
        if (_display is null)
            _display = new LiveDisplay(interrupt, Lines);
        else
            _display.Show(Lines);
    }

    /// <summary>Writes a screen as plain text.</summary>
    private void Write(LiveScreen screen)
    {
        string text = string.Join('\n', LiveText.Lines(screen, Paused(screen.SinceFirst), width: TerminalCapabilities.Width)) + "\n";
        if (Screens > 0 && !isLive)
            text = "\n" + text;
        (_last, Screens) = (screen, Screens + 1);
        IsReaderGone = !ResultOutput.Write(null, [Encoding.UTF8.GetBytes(text)]);
        if (IsReaderGone)
            interrupt.Request();
    }

    private string Status(string paused)
    {
        TimeSpan silent = Stopwatch.GetElapsedTime(Volatile.Read(ref _sampled));
        return silent < Silence ? $"{paused}; q ends" : string.Create(CultureInfo.InvariantCulture, $"no sample for {silent.TotalSeconds:0} s; q ends");
    }

    private string Paused(TimeSpan at)
    {
        TimeSpan paused = clock.Paused + (asyncClock?.Paused ?? TimeSpan.Zero);
        // Of a moment, the first pause is a large part.
        return at < TimeSpan.FromSeconds(1)
            ? string.Create(CultureInfo.InvariantCulture, $"paused for {paused.TotalMilliseconds:0.0} ms")
            : string.Create(CultureInfo.InvariantCulture, $"paused for {100 * (paused / at):0.00} % of the time");
    }
}
