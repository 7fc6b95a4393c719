using System.Globalization;
using System.Runtime.CompilerServices;
using Stackflare.Analysis;
using Stackflare.Model;
using Stackflare.Views;

namespace Stackflare.Writers.Text;

/// <summary>The default format: thread lines as in a JVM's thread dump, frames as .NET prints them in an exception.</summary>
internal sealed class TextRenderer
{
    private readonly DumpView _view;
    private readonly RenderOptions _options;
    private readonly TextTheme? _theme;
    private readonly TextDialect _dialect;
    private readonly RenderBuffer _buffer;
    private readonly StackText _text;
    private readonly AsyncSection _async;

    private TextRenderer(DumpView view, TextStyle style, PooledBytes bytes)
    {
        _view = view;
        _options = view.Options;
        _theme = style.Theme;
        _dialect = new TextDialect
        {
            OutermostFirst = false,
            Indentation = "   ",
            Format = FormatFrame,
            Repeated = Repeated,
            Truncated = "   ... more frames not walked: a limit was reached\n",
            Reference = ThreadLines.Reference,
            Subject = thread => ThreadLines.Subject(thread, _theme),
            Callers = static method => method is null ? "   --- awaited by ---\n" : $"   --- {method} is awaited by ---\n",
            ShowsAll = style.ShowsAll,
            Separator = null,
        };
        _buffer = new RenderBuffer(bytes, _theme);
        _text = new StackText(view.Stacks, FormatFrame, new LockLines(ThreadLines.Reference, _dialect.Indentation, _theme));
        _async = new AsyncSection(_buffer, view, _dialect);
    }

    public static void Write(ThreadDump dump, RenderOptions options, TextStyle style, PooledBytes bytes)
    {
        using var view = new DumpView(dump, options);
        TerminalWidth.Fit(style.Width, bytes, destination => new TextRenderer(view, style, destination).Write());
    }

    private void Write()
    {
        DumpHeading.AppendHeading(_buffer, _view);
        _buffer.AppendLine();
        new DiagnosisSection(_buffer, _view, _dialect).Append();
        _view.Sections.Visit(AppendGroup, _async.Append);
        AppendIdleThreads();
        _async.AppendIdle();
        AppendNativeThreads();
        if (DumpHeading.AppendNotShown(_buffer, _view, _async.HiddenFrames, _dialect))
            _buffer.AppendLine();
    }

    private void AppendGroup(StackGroup group)
    {
        int count = group.Threads.Count;
        string unchanged = UnchangedText.After(_view.Dump, _view.UnchangedIn(group), count);
        if (count > 1)
        {
            DumpHeading.AppendThreads(_buffer, count);
            if (group.Length > 0)
                _buffer.Append(" with this stack").Append(unchanged).Append(':').AppendLine();
            else
                _buffer.Append(" without a stack (").Append(WithoutStack(group.First)).Append(')').Append(unchanged).Append(':').AppendLine();
        }

        int inFull = ThreadLines.InFull(group, _options);
        for (int i = 0; i < inFull; i++)
        {
            AppendThread(group.Threads[i]);
            // A single thread without a stack needs no second line for that.
            if (count == 1 && group.Length == 0)
                _buffer.Append(" (").Append(WithoutStack(group.First)).Append(')');
            if (count == 1)
                _buffer.Append(unchanged);
            _buffer.AppendLine();
        }
        ThreadLines.AppendRest(_buffer, group, inFull);

        if (_view.AsyncMainOf(group) is { } main)
        {
            _buffer.Append(_dialect.Indentation).Append("waits for the async method ").Append(EscapedText.Plain(main.ToString()))
                .Append(LockLines.Times(group.First.WaitingFor!)).AppendLine().AppendLine();
            return;
        }
        Span<int> stack = _text.StackOf(group, out string before, out string after);
        _buffer.Append(before);
        AppendStack(stack);
        if (group.Length > 0)
            AppendEnd(group.First.Completeness);
        _buffer.Append(after);
        _async.AppendCallers(group);
        _buffer.AppendLine();
    }

    private void AppendIdleThreads()
    {
        if (_view.Sections.Idle.Count == 0)
            return;
        _buffer.Begin(TextRole.Heading).Append(DiagnosisText.Count(_view.Sections.IdleThreadCount, "idle thread")).Append(" of the framework:").End().AppendLine();
        foreach (IdleGroup group in _view.Sections.Idle)
        {
            if (group.Threads is [var only])
                AppendThread(only);
            else
                ThreadLines.AppendSummary(_buffer, DiagnosisText.Count(group.Threads.Count, "thread"), group.Threads);
            _buffer.Append(group.Threads.Count == 1 ? " " : "; ").Append(group.Method is { } method ? "in " + EscapedText.Plain(method.FullName) : "(no managed frames)").AppendLine();
        }
        _buffer.AppendLine();
    }

    private void AppendThread(DumpThread thread)
    {
        AppendName(thread.DisplayName);
        if (thread.ManagedId is { } id)
            _buffer.Append(" #").Append(id.Value);
        _buffer.Append(" tid=").Append(thread.OsId.Value);
        if (thread.IsBackground is true)
            _buffer.Append(" background");
        if (thread.IsThreadPool is true)
            _buffer.Append(" pool");
        AppendState(thread.Activity, thread.CpuTime);
        if (thread.CurrentException is { } exception)
            _buffer.Append(" handling ").Append(EscapedText.Plain(ExceptionText.Describe(exception)));
    }

    private void AppendName(string name) => _buffer.Begin(TextRole.ThreadName).Append('"').Append(EscapedText.Quoted(name)).Append('"').End();

    private void AppendState(ThreadActivity activity, TimeSpan? cpu)
    {
        if (ThreadLines.Word(activity) is { Length: > 0 } state)
            _buffer.Append(' ').Append(activity is ThreadActivity.Blocked ? _theme.Mark(TextRole.Warning, state) : state);
        if (cpu is { } time)
            _buffer.Append(" cpu=").Append(Durations.Cpu(time));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AppendStack(ReadOnlySpan<int> stack)
    {
        ReadOnlySpan<byte[]?> made = _text.Made;
        for (int i = 0; i < stack.Length;)
        {
            var run = _options.FoldRecursion ? StackRun.At(stack, i) : new StackRun(i, 1, 1);
            foreach (int id in stack.Slice(i, run.Period))
                _buffer.Append(made[id] ?? _text.Make(id));
            if (run.Repeats > 1)
                _buffer.Append(Repeated(run));
            i = run.End;
        }
    }

    private static string Repeated(StackRun run) => FormattableString.Invariant(
        $"   ... the {(run.Period > 1 ? $"{run.Period} frames" : "frame")} above repeated {run.Repeats - 1:N0} more times\n");

    private void AppendEnd(StackCompleteness completeness)
    {
        if (completeness is StackCompleteness.Truncated)
            _buffer.Append(_dialect.Truncated);
        else if (completeness is StackCompleteness.Broken)
            _buffer.Append("   ... more frames not walked: the runtime could not continue").AppendLine();
    }

    private void AppendNativeThreads()
    {
        if (_view.NativeThreads.Count == 0)
            return;
        if (_view.Dump.HasStacks)
        {
            _buffer.AppendCount(_view.NativeThreads.Count)
                .Append(_view.NativeThreads.Count == 1 ? " native thread" : " native threads").Append(':').AppendLine();
        }
        foreach (var thread in _view.NativeThreads)
        {
            AppendName(thread.Name);
            _buffer.Append(" tid=").Append(thread.OsId.Value);
            AppendState(thread.Activity, thread.CpuTime);
            if (thread.WaitChannel is { } channel)
                _buffer.Append(" in ").Append(EscapedText.Plain(channel));
            _buffer.AppendLine();
        }
        _buffer.AppendLine();
    }

    /// <summary>Why there is no stack.</summary>
    private static string WithoutStack(DumpThread thread) => thread.Completeness switch
    {
        StackCompleteness.NotWalked => "not walked: a limit was reached before",
        StackCompleteness.NoManagedFrames => "no managed frames",
        _ when thread.Frames.Count > 0 => "hidden frames only",
        StackCompleteness.Truncated => "no frames walked: a limit was reached",
        StackCompleteness.Broken => "no frames walked: the runtime could not begin",
        _ => "no managed frames",
    };

    /// <summary>
    /// The lines of a frame. The first is what <see cref="Exception.StackTrace"/> prints, so that IDEs
    /// make it a link.
    /// </summary>
    private string FormatFrame(DumpFrame frame)
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
            : $"   {_theme.Mark(TextRole.Keyword, "at")} {method} {_theme.Mark(TextRole.Keyword, "in")} {_theme.Mark(TextRole.Location, _theme.Link(path, location))}{note}\n";
        return SourceLine.Find(source) is { } text ? $"{line}{_theme.Mark(TextRole.Source, "      " + text)}\n" : line;
    }

    private string WithoutLine(string frame) => $"   {_theme.Mark(TextRole.Keyword, "at")}{_theme.Mark(TextRole.NoLine, " " + frame)}\n";
}
