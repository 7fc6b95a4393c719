using System.Globalization;
using Stackflare.Analysis;
using Stackflare.Model;
using Stackflare.Views;
using Stackflare.Views.Live;

namespace Stackflare.Writers.Text;

/// <summary>
/// One screen of a program that is watched: what is wrong, its busiest lines and threads, the locks that are wanted, the thread pool's queue, and the async methods that wait.
/// </summary>
internal sealed class LiveText
{
    /// <summary>How many entries a part has at most if the height is not limited.</summary>
    internal const int Entries = 10;

    /// <summary>The kernel's name of the runtime's thread that loads the probe.</summary>
    private const string DiagnosticsThread = ".NET EventPipe";

    /// <summary>From this height on, there is room for more than the most important facts; and from the other on, for the source text of every line.</summary>
    private const int HeightForDetails = 16, HeightForSource = 40;

    private const int MaxFindings = 3, MaxPlaces = 3;

    /// <summary>What has a smaller part of a processor is not shown, so that it does not hide what matters.</summary>
    private const double LeastShare = 0.005;

    private readonly LiveScreen _screen;
    private readonly TextTheme? _theme;
    private readonly int? _width, _height;

    private LiveText(LiveScreen screen, TextTheme? theme, int? width, int? height) => (_screen, _theme, _width, _height) = (screen, theme, width, height);

    /// <summary>The lines of a screen, without line feeds. None is wider, and there are no more of them, than fit.</summary>
    /// <param name="screen">What the program did.</param>
    /// <param name="status">What follows the first line's facts, for example how long the program was paused.</param>
    /// <param name="theme">Colours; null for none.</param>
    /// <param name="width">The width in columns; null for no limit.</param>
    /// <param name="height">The height in lines; null for no limit.</param>
    public static IReadOnlyList<string> Lines(LiveScreen screen, string status, TextTheme? theme = null, int? width = null, int? height = null)
    {
        var text = new LiveText(screen, theme, width, height);
        return LiveLayout.Fit([text.Heading(status), .. text.Findings(), text.HotLines(), text.BusyThreads(), text.Locks(), text.Pool(), text.Awaits(), text.Notes()], height, most: height is null ? Entries : int.MaxValue);
    }

    private LivePart Heading(string status)
    {
        DumpedProcess process = _screen.Last.Process;
        string up = process.Uptime is { } uptime ? ", up " + Durations.Long(uptime) : "";
        string title = string.Create(CultureInfo.InvariantCulture, $"{EscapedText.Plain(process.Name)} (pid {process.Id}){up}, at {_screen.Last.CapturedAt:HH:mm:ss}");
        string use = _screen.Time > TimeSpan.Zero ? string.Create(CultureInfo.InvariantCulture, $"{_screen.Cpu / _screen.Time:0.00} processors in use, ") : "";
        string second = $"{use}{DiagnosisText.Count(_screen.Last.Threads.Count, "thread")}, {status}";
        return new LivePart(0, _theme.Mark(TextRole.Heading, Cut(title)), [[Cut(second)]]);
    }

    private IEnumerable<LivePart> Findings()
    {
        if (_screen.Findings.Count == 0)
            yield break;
        string[] summaries = [.. _screen.Findings.Select(static f => EscapedText.Plain(f.Summary))];
        string more = summaries.Length > 1 ? string.Create(CultureInfo.InvariantCulture, $" (and {summaries.Length - 1} more)") : "";
        // On a small screen there is room for the first one only.
        string[] shown = _height < HeightForDetails ? [summaries[0] + more] : [.. summaries.Take(MaxFindings)];
        yield return new LivePart(1, _theme.Mark(TextRole.Deadlock, Shorten("", shown[0])), [.. shown.Skip(1).Select(s => (string[])[_theme.Mark(TextRole.Warning, Shorten("", s))])]);
    }

    private LivePart HotLines()
    {
        if (_screen.Time == TimeSpan.Zero)
            return new LivePart(2, Title("Lines: not known after one sample"), []);
        List<string[]> lines = [];
        foreach (HotLine line in _screen.Lines.Where(l => l.Cpu / _screen.Time >= LeastShare))
        {
            string row = Frame($"{Share(line.Cpu)}  ", line.Frame);
            string? source = line.Frame.Source is { } location && !(_height < (lines.Count == 0 ? HeightForDetails : HeightForSource)) ? SourceLine.Find(location) : null;
            lines.Add(source is null
                ? [Own(line.Owner, row)]
                : [Own(line.Owner, row), _theme.Mark(TextRole.Source, Cut($"{new string(' ', Share(TimeSpan.Zero).Length + 5)}{source}"))]);
        }
        if (_screen.Nowhere / _screen.Time >= LeastShare)
            lines.Add([Cut($"{Share(_screen.Nowhere)}  between samples, at lines that are not known")]);
        return new LivePart(2, Title(lines.Count == 0 ? "Lines: none uses the processor" : "Lines, by processor time (100 % is one processor)"), lines);
    }

    private LivePart BusyThreads()
    {
        if (_screen.Time == TimeSpan.Zero)
            return new LivePart(6, Title("Threads: not known after one sample"), []);
        List<string[]> threads =
        [
            .. _screen.Threads.Where(t => t.Cpu / _screen.Time >= LeastShare).Select(t => (string[])
            [
                t is { Thread: { } thread }
                    ? t.Frame is { } frame ? Frame($"{Share(t.Cpu)}  {Name(thread)}  {(t.IsBusyThere ? "" : "now ")}", frame) : Shorten($"{Share(t.Cpu)}  ", Name(thread))
                    : _theme.Mark(TextRole.NoLine, Shorten($"{Share(t.Cpu)}  ", $"\"{EscapedText.Quoted(t.Native!.Name)}\" tid={t.Native.OsId}, {(t.Native.Name == DiagnosticsThread ? "which takes these samples" : "a native thread")}")),
            ]),
        ];
        return new LivePart(6, Title(threads.Count == 0 ? "Threads: none uses the processor" : "Threads, by processor time"), threads);
    }

    private LivePart Locks()
    {
        IReadOnlyList<WantedLock> locks = _screen.Locks;
        return locks.Count == 0
            ? new LivePart(4, Title("Locks: no thread waits for one"), [])
            : new LivePart(3, Title($"Locks, by waiting threads ({DiagnosisText.Count(locks.Count, "lock is wanted", "locks are wanted")})"), [.. locks.Select(Lock)]);
    }

    /// <summary>How many wait, for what, who holds it where, and who waits where.</summary>
    private string[] Lock(WantedLock wanted)
    {
        string by = wanted.Waiters > wanted.Most ? $", wanted by {DiagnosisText.Count(wanted.Waiters, "thread")} in turn" : "";
        string holder = wanted switch
        {
            { Lock.IsAbandoned: true } => "held by a thread that has ended",
            { Holder: null } => "its holder was not seen",
            { Holders: 1, Holder: { } one } => $"held by {Name(one)}, {Doing(one)}",
            { Holder: { } last } => $"held by {DiagnosisText.Count(wanted.Holders, "thread")} in turn, last by {Name(last)}",
        };
        var rows = new List<string> { _theme.Mark(TextRole.Warning, Shorten($"{Number(wanted.Average)} wait  ", $"{Described(wanted.Lock)}{by}")) };
        // On a narrow terminal, the place has a line of its own.
        bool isOneRow = !(_width < 2 * (holder.Length + 8));
        if (wanted.HeldAt is null || !isOneRow)
            rows.Add(Shorten("       ", holder));
        if (wanted.HeldAt is { } at)
            rows.Add(Frame(isOneRow ? $"       {holder} " : "         ", at));
        foreach (var (frame, average) in wanted.WantedAt.Take(MaxPlaces))
            rows.Add(Frame($"       {Number(average).TrimStart()} wait ", frame));
        if (wanted.WantedAt.Count > MaxPlaces)
            rows.Add(Cut($"       at {DiagnosisText.Count(wanted.WantedAt.Count - MaxPlaces, "more place")}"));
        return [.. rows];
    }

    private LivePart Pool()
    {
        if (_screen.Pool is not { } trend)
            return new LivePart(5, Title("Thread pool: not known, or not used yet"), []);
        ThreadPoolState pool = trend.Pool;
        string? workers = pool.Workers is { } count ? DiagnosisText.Count(count, "worker") + (pool.Working is { } working ? string.Create(CultureInfo.InvariantCulture, $" ({working:N0} at work)") : "") : null;
        string? queue = pool.Queued is { } queued ? string.Create(CultureInfo.InvariantCulture, $"{queued:N0} queued{Change(trend)}") : null;
        string? completed = trend.Completed is { } rate ? string.Create(CultureInfo.InvariantCulture, $"{rate:N0} completed each second") : null;
        string line = "Thread pool: " + string.Join(", ", ((string?[])[queue, workers, completed]).OfType<string>());
        TextRole role = trend.Change > 0 ? TextRole.Deadlock : TextRole.Heading;
        List<string[]> rows = [];
        if (_height < HeightForDetails)
            return new LivePart(2, _theme.Mark(role, Cut(line)), []);
        if (trend.Queued.Count > 2 && trend.Queued.Any(static q => q > 0))
            rows.Add([Cut("  queued at the last looks: " + string.Join(" → ", trend.Queued.Select(static q => q.ToString("N0", CultureInfo.InvariantCulture))))]);
        rows.AddRange(pool.QueuedWork.Take(MaxPlaces).Select(w => (string[])[Shorten($"{w.Count.ToString("N0", CultureInfo.InvariantCulture),9}  ", EscapedText.Plain(w.Type))]));
        return new LivePart(pool.Queued > 0 ? 2 : 5, _theme.Mark(role, Cut(line)), rows);
    }

    private string Change(QueueTrend trend) => trend.Change switch
    {
        null => "",
        > 0 and var more => string.Create(CultureInfo.InvariantCulture, $", growing: {more:N0} more than {Durations.Until(_screen.Time)} ago"),
        < 0 and var fewer => string.Create(CultureInfo.InvariantCulture, $" ({-fewer:N0} fewer than {Durations.Until(_screen.Time)} ago)"),
        _ => $" (unchanged in {Durations.Until(_screen.Time)})",
    };

    private LivePart Awaits()
    {
        if (_screen.Awaits is not { } awaits)
            return new LivePart(8, Title("Async methods that wait: not looked at"), []);
        string since = awaits.Any(static g => g.Growth is not null) ? $", and how many more than {Durations.Until(_screen.SinceFirst)} ago" : "";
        return new LivePart(7, Title(awaits.Count == 0 ? "Async methods that wait: none" : "Async methods that wait" + since),
        [
            .. awaits.Select(g => (string[])
            [
                Own(g.Owner, Frame(string.Create(CultureInfo.InvariantCulture, $"{g.Count,9:N0}  {Growth(g.Growth),-8}"), g.Frame, " " + AsyncWaitText.Name(g.Wait))),
            ]),
        ]);
    }

    private LivePart Notes() => _screen.Notes.Count == 0 ? new LivePart(9, null, []) : new LivePart(9, _theme.Mark(TextRole.Warning, Shorten("Note: ", EscapedText.Plain(_screen.Notes[0]))), []);

    private static string Growth(long? growth) => growth switch
    {
        null or 0 => "",
        { } change => change.ToString("+#,0;-#,0", CultureInfo.InvariantCulture),
    };

    private string Share(TimeSpan cpu) => string.Create(CultureInfo.InvariantCulture, $"{(_screen.Time > TimeSpan.Zero ? 100 * (cpu / _screen.Time) : 0),7:0.0} %");

    /// <summary>An average: whole numbers without a decimal.</summary>
    private static string Number(double average) => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(average, 1),5:0.#}");

    private static string Described(DumpLock known) => known.Type is { } type ? $"{EscapedText.Plain(type)} <{known.Address}>" : $"<{known.Address}>";

    private static string Doing(DumpThread thread) => EscapedText.Plain(thread.WaitingFor is { Lock: { Type: { } type }, Kind: not WaitKind.MonitorWait } ? $"waiting for a {type}" : DiagnosisText.Doing(thread));

    /// <summary>Names can be long, and the place is what matters.</summary>
    private string Name(DumpThread thread)
    {
        string name = EscapedText.Quoted(thread.DisplayName);
        int longest = _width switch { null => int.MaxValue, < 100 => 15, _ => 24 };
        return DiagnosisText.Describe(thread, name.Length <= longest ? name : LongNames.Middle(name, longest));
    }

    private string Title(string text) => _theme.Mark(TextRole.Heading, Cut(text));

    private string Own(StackOwner owner, string row) => owner is StackOwner.Program ? row : _theme.Mark(TextRole.NoLine, row);

    /// <summary>A prefix and a frame, which is shortened as far as that is needed, and what follows it if there is room.</summary>
    private string Frame(string prefix, DumpFrame frame, string end = "")
    {
        string whole = $"{prefix}at {frame}{end}";
        if (_width is not { } width || TerminalWidth.WidthOf(whole) <= width)
            return whole;
        string shortest = Fit(prefix, frame.Source is { } source
            ? string.Create(CultureInfo.InvariantCulture, $"at {EscapedText.Plain(frame.Method.FullName)} in {EscapedText.Plain(FileOf(source.Path))}:line {source.Line}{(source.IsApproximate ? DiagnosisText.Approximate : "")}")
            : $"at {EscapedText.Plain(frame.Method.FullName)}");
        return TerminalWidth.WidthOf(shortest + end) <= width ? shortest + end : shortest;
    }

    private static string FileOf(string path) => path[(path.LastIndexOfAny(['/', '\\']) + 1)..];

    private string Shorten(string prefix, string text) => Fit(prefix, text);

    private string Fit(string prefix, string text) =>
        _width is { } width ? Cut(prefix + TerminalWidth.Fit(text, Math.Max(TerminalWidth.Min, width - TerminalWidth.WidthOf(prefix)))) : prefix + text;

    private string Cut(string line) => _width is { } width ? TerminalWidth.Cut(line, width) : line;
}
