using System.Globalization;
using Stackflare.Analysis;
using Stackflare.Model;
using Stackflare.Views;

namespace Stackflare.Writers.Text;

/// <summary>What the default format and the tree have in common: the lines of threads and of frames.</summary>
/// <param name="buffer">The destination.</param>
/// <param name="view">The dump.</param>
/// <param name="theme">Colours and links; null for none.</param>
internal sealed class TextParts(RenderBuffer buffer, DumpView view, TextTheme? theme)
{
    public const string Indentation = "   ";

    /// <summary>The differences to the other text formats.</summary>
    public TextDialect Dialect(bool outermostFirst, string showsAll) => new()
    {
        OutermostFirst = outermostFirst,
        Indentation = Indentation,
        Format = FormatFrame,
        Repeated = Repeated,
        Truncated = Truncated,
        Reference = ThreadLines.Reference,
        Subject = thread => ThreadLines.Subject(thread, theme),
        Callers = static method => method is null ? "   --- awaited by ---\n" : $"   --- {method} is awaited by ---\n",
        ShowsAll = showsAll,
        Separator = null,
    };

    /// <summary>The lines of notes about locks and waits.</summary>
    public LockLines LockLines { get; } = new(ThreadLines.Reference, Indentation, theme);

    public void AppendIdleThreads()
    {
        if (view.Sections.Idle.Count == 0)
            return;
        buffer.Begin(TextRole.Heading).Append(DiagnosisText.Count(view.Sections.IdleThreadCount, "idle thread")).Append(" of the framework:").End().AppendLine();
        foreach (IdleGroup group in view.Sections.Idle)
        {
            if (group.Threads is [var only])
                AppendThread(only);
            else
                ThreadLines.AppendSummary(buffer, DiagnosisText.Count(group.Threads.Count, "thread"), group.Threads);
            buffer.Append(group.Threads.Count == 1 ? " " : "; ").Append(group.Method is { } method ? "in " + EscapedText.Plain(method.FullName) : "(no managed frames)").AppendLine();
        }
        buffer.AppendLine();
    }

    public void AppendThread(DumpThread thread)
    {
        AppendName(thread.DisplayName);
        if (thread.ManagedId is { } id)
            buffer.Append(" #").Append(id.Value);
        buffer.Append(" tid=").Append(thread.OsId.Value);
        if (thread.IsBackground is true)
            buffer.Append(" background");
        if (thread.IsThreadPool is true)
            buffer.Append(" pool");
        AppendState(thread.Activity, thread.CpuTime);
        if (thread.CurrentException is { } exception)
            buffer.Append(" handling ").Append(EscapedText.Plain(ExceptionText.Describe(exception)));
    }

    public void AppendNativeThreads()
    {
        if (view.NativeThreads.Count == 0)
            return;
        if (view.Dump.HasStacks)
        {
            buffer.AppendCount(view.NativeThreads.Count)
                .Append(view.NativeThreads.Count == 1 ? " native thread" : " native threads").Append(':').AppendLine();
        }
        foreach (var thread in view.NativeThreads)
        {
            AppendName(thread.Name);
            buffer.Append(" tid=").Append(thread.OsId.Value);
            AppendState(thread.Activity, thread.CpuTime);
            if (thread.WaitChannel is { } channel)
                buffer.Append(" in ").Append(EscapedText.Plain(channel));
            buffer.AppendLine();
        }
        buffer.AppendLine();
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

    /// <summary>The line for missing outer frames.</summary>
    public const string Truncated = "   ... more frames not walked: a limit was reached\n", Broken = "   ... more frames not walked: the runtime could not continue\n";

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
        string line = theme is null ? $"   at {method} in {location}{note}\n"
            : path is not ['/', _, ..] ? WithoutLine($"{method} in {location}{note}")
            : $"   {theme.Mark(TextRole.Keyword, "at")} {method} {theme.Mark(TextRole.Keyword, "in")} {theme.Mark(TextRole.Location, theme.Link(path, location))}{note}\n";
        return SourceLine.Find(source) is { } text ? $"{line}{theme.Mark(TextRole.Source, "      " + text)}\n" : line;
    }

    private void AppendName(string name) => buffer.Begin(TextRole.ThreadName).Append('"').Append(EscapedText.Quoted(name)).Append('"').End();

    private void AppendState(ThreadActivity activity, TimeSpan? cpu)
    {
        if (ThreadLines.Word(activity) is { Length: > 0 } state)
            buffer.Append(' ').Append(activity is ThreadActivity.Blocked ? theme.Mark(TextRole.Warning, state) : state);
        if (cpu is { } time)
            buffer.Append(" cpu=").Append(Durations.Cpu(time));
    }

    private string WithoutLine(string frame) => $"   {theme.Mark(TextRole.Keyword, "at")}{theme.Mark(TextRole.NoLine, " " + frame)}\n";
}
