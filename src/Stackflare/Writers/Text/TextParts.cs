using System.Globalization;
using Stackflare.Analysis;
using Stackflare.Model;
using Stackflare.Views;

namespace Stackflare.Writers.Text;

/// <summary>What the default format and the tree have in common: everything but the order of the stacks, and the lines of threads and of frames.</summary>
internal sealed class TextParts
{
    public const string Indentation = "   ";

    /// <summary>The line for missing outer frames.</summary>
    public const string Truncated = "   ... more frames not walked: a limit was reached\n", Broken = "   ... more frames not walked: the runtime could not continue\n";

    private readonly DumpView _view;
    private readonly TextTheme? _theme;

    public TextParts(DumpView view, TextStyle style, PooledBytes bytes, bool outermostFirst)
    {
        (_view, _theme) = (view, style.Theme);
        Buffer = new RenderBuffer(bytes, _theme);
        Dialect = new TextDialect
        {
            OutermostFirst = outermostFirst,
            Indentation = Indentation,
            Format = FormatFrame,
            Repeated = Repeated,
            Truncated = Truncated,
            Reference = ThreadLines.Reference,
            Subject = thread => ThreadLines.Subject(thread, _theme),
            Callers = static method => method is null ? "   --- awaited by ---\n" : $"   --- {method} is awaited by ---\n",
            ShowsAll = style.ShowsAll,
            Separator = null,
        };
        LockLines = new LockLines(ThreadLines.Reference, Indentation, _theme);
        Async = new AsyncSection(Buffer, view, Dialect);
    }

    public RenderBuffer Buffer { get; }

    /// <summary>The differences to the other text formats.</summary>
    public TextDialect Dialect { get; }

    /// <summary>The lines of notes about locks and waits.</summary>
    public LockLines LockLines { get; }

    public AsyncSection Async { get; }

    /// <summary>Writes the dump.</summary>
    /// <param name="stacks">Writes the stacks.</param>
    public void Write(Action stacks)
    {
        DumpHeading.AppendHeading(Buffer, _view);
        Buffer.AppendLine();
        new DiagnosisSection(Buffer, _view, Dialect).Append();
        stacks();
        AppendIdleThreads();
        Async.AppendIdle();
        AppendNativeThreads();
        if (DumpHeading.AppendNotShown(Buffer, _view, Async.HiddenFrames, Dialect))
            Buffer.AppendLine();
    }

    private void AppendIdleThreads()
    {
        if (_view.Sections.Idle.Count == 0)
            return;
        Buffer.Begin(TextRole.Heading).Append(DiagnosisText.Count(_view.Sections.IdleThreadCount, "idle thread")).Append(" of the framework:").End().AppendLine();
        foreach (IdleGroup group in _view.Sections.Idle)
        {
            if (group.Threads is [var only])
                AppendThread(only);
            else
                ThreadLines.AppendSummary(Buffer, DiagnosisText.Count(group.Threads.Count, "thread"), group.Threads);
            Buffer.Append(group.Threads.Count == 1 ? " " : "; ").Append(group.Method is { } method ? "in " + EscapedText.Plain(method.FullName) : "(no managed frames)").AppendLine();
        }
        Buffer.AppendLine();
    }

    public void AppendThread(DumpThread thread)
    {
        AppendName(thread.DisplayName);
        if (thread.ManagedId is { } id)
            Buffer.Append(" #").Append(id.Value);
        Buffer.Append(" tid=").Append(thread.OsId.Value);
        if (thread.IsBackground is true)
            Buffer.Append(" background");
        if (thread.IsThreadPool is true)
            Buffer.Append(" pool");
        AppendState(thread.Activity, thread.CpuTime);
        if (thread.CurrentException is { } exception)
            Buffer.Append(" handling ").Append(EscapedText.Plain(ExceptionText.Describe(exception)));
    }

    private void AppendNativeThreads()
    {
        if (_view.NativeThreads.Count == 0)
            return;
        if (_view.Dump.HasStacks)
        {
            Buffer.AppendCount(_view.NativeThreads.Count)
                .Append(_view.NativeThreads.Count == 1 ? " native thread" : " native threads").Append(':').AppendLine();
        }
        foreach (var thread in _view.NativeThreads)
        {
            AppendName(thread.Name);
            Buffer.Append(" tid=").Append(thread.OsId.Value);
            AppendState(thread.Activity, thread.CpuTime);
            if (thread.WaitChannel is { } channel)
                Buffer.Append(" in ").Append(EscapedText.Plain(channel));
            Buffer.AppendLine();
        }
        Buffer.AppendLine();
    }

    /// <summary>Why there is no stack.</summary>
    public static string WithoutStack(DumpThread thread) => thread.Completeness switch
    {
        StackCompleteness.NotWalked => "not walked: a limit was reached before",
        StackCompleteness.NoManagedFrames => "no managed frames",
        _ when thread.Frames.Count > 0 => "hidden frames only",
        StackCompleteness.Truncated => "no frames walked: a limit was reached",
        StackCompleteness.Broken => "no frames walked: the runtime could not begin",
        _ => "no managed frames",
    };

    public static string Repeated(StackRun run) => FormattableString.Invariant(
        $"   ... the {(run.Period > 1 ? $"{run.Period} frames" : "frame")} above repeated {run.Repeats - 1:N0} more times\n");

    /// <summary>
    /// The lines of a frame. The first is what <see cref="Exception.StackTrace"/> prints, so that IDEs
    /// make it a link.
    /// </summary>
    public string FormatFrame(DumpFrame frame)
    {
        // Native frames are not a method and have no parameters.
        string method = EscapedText.Plain(frame.Kind is FrameKind.Native ? frame.Method.FullName : frame.Method.ToString());
        if (frame.Source is not { } source)
            return WithoutLine(method);

        string path = EscapedText.Plain(source.Path), location = string.Create(CultureInfo.InvariantCulture, $"{path}:line {source.Line}");
        // A link is possible only for a path of this system.
        string note = source.IsApproximate ? DiagnosisText.Approximate : "";
        string line = _theme is null ? $"   at {method} in {location}{note}\n"
            : path is not ['/', _, ..] ? WithoutLine($"{method} in {location}{note}")
            : $"   {_theme.Mark(TextRole.Keyword, "at")} {method} {_theme.Mark(TextRole.Keyword, "in")} {_theme.Mark(TextRole.Location, source.IsNormalized ? location : _theme.Link(path, location))}{note}\n";
        return SourceLine.Find(source) is { } text ? $"{line}{_theme.Mark(TextRole.Source, "      " + text)}\n" : line;
    }

    private void AppendName(string name) => Buffer.Begin(TextRole.ThreadName).Append('"').Append(EscapedText.Quoted(name)).Append('"').End();

    private void AppendState(ThreadActivity activity, TimeSpan? cpu)
    {
        if (ThreadLines.Word(activity) is { Length: > 0 } state)
            Buffer.Append(' ').Append(activity is ThreadActivity.Blocked ? _theme.Mark(TextRole.Warning, state) : state);
        if (cpu is { } time)
            Buffer.Append(" cpu=").Append(Durations.Cpu(time));
    }

    private string WithoutLine(string frame) => $"   {_theme.Mark(TextRole.Keyword, "at")}{_theme.Mark(TextRole.NoLine, " " + frame)}\n";
}
