using System.Runtime.CompilerServices;
using Stackflare.Analysis;
using Stackflare.Model;
using Stackflare.Views;

namespace Stackflare.Writers.Text;

/// <summary>The format of a Python traceback: outermost call first, with a <c>File</c> line and the source line for each.</summary>
internal sealed class TracebackRenderer
{
    private const string Separator = "----------------------------------------";

    private readonly DumpView _view;
    private readonly RenderOptions _options;
    private readonly TextDialect _dialect;
    private readonly RenderBuffer _buffer;
    private readonly StackText _text;
    private readonly AsyncSection _async;

    private TracebackRenderer(DumpView view, TextStyle style, PooledBytes bytes)
    {
        _view = view;
        _options = view.Options;
        _dialect = new TextDialect
        {
            OutermostFirst = true,
            Indentation = "    ",
            Format = FormatFrame,
            Repeated = Repeated,
            Truncated = "  [Earlier calls not walked: a limit was reached]\n",
            Reference = Reference,
            Subject = Reference,
            Callers = static method => method is null ? "  [The calls above await those below]\n" : $"  [The calls above await {method} below]\n",
            ShowsAll = style.ShowsAll,
            Separator = Separator,
        };
        _buffer = new RenderBuffer(bytes);
        _text = new StackText(view.Stacks, FormatFrame, new LockLines(Reference, _dialect.Indentation));
        _async = new AsyncSection(_buffer, view, _dialect);
    }

    public static void Write(ThreadDump dump, RenderOptions options, TextStyle style, PooledBytes bytes)
    {
        using var view = new DumpView(dump, options);
        TerminalWidth.Fit(style.Width, bytes, destination => new TracebackRenderer(view, style, destination).Write());
    }

    private void Write()
    {
        DumpHeading.AppendHeading(_buffer, _view);
        new DiagnosisSection(_buffer, _view, _dialect).Append();
        _view.Sections.Visit(AppendGroup, _async.Append);
        AppendIdleThreads();
        _async.AppendIdle();
        AppendNativeThreads();
        _buffer.Append(Separator).AppendLine();
        DumpHeading.AppendNotShown(_buffer, _view, _async.HiddenFrames, _dialect);
    }

    private void AppendGroup(StackGroup group)
    {
        _buffer.Append(Separator).AppendLine();
        int inFull = ThreadLines.InFull(group, _options);
        for (int i = 0; i < inFull; i++)
            AppendThread(group.Threads[i]);
        ThreadLines.AppendRest(_buffer, group, inFull);
        if (group.First.CurrentException is { } exception)
            _buffer.Append("  [Handling ").Append(EscapedText.Plain(ExceptionText.Describe(exception, group.Threads))).Append(']').AppendLine();

        if (UnchangedText.In(_view.Dump, _view.UnchangedIn(group), group.Threads.Count) is { } unchanged)
            _buffer.Append("  [").Append(char.ToUpperInvariant(unchanged[0])).Append(unchanged[1..]).Append(']').AppendLine();
        if (_view.AsyncMainOf(group) is { } main)
        {
            _buffer.Append("  [Waits for the async method ").Append(EscapedText.Plain(main.FullName)).Append(']').AppendLine();
            return;
        }
        _async.AppendCallers(group);
        if (Missing(group) is { } missing)
            _buffer.Append("  [").Append(missing).Append(']').AppendLine();
        Span<int> stack = _text.StackOf(group, out string innermost, out string outermost);
        stack.Reverse();
        _buffer.Append(outermost);
        AppendStack(stack);
        _buffer.Append(innermost);
    }

    private void AppendIdleThreads()
    {
        if (_view.Sections.Idle.Count == 0)
            return;
        _buffer.Append(Separator).AppendLine();
        foreach (IdleGroup group in _view.Sections.Idle)
        {
            string does = group.Method is { } method ? "Idle in " + EscapedText.Plain(method.FullName) : "Idle, no managed frames";
            if (group.Threads is [var only])
                AppendThread(only);
            else
                ThreadLines.AppendSummary(_buffer, $"<{DiagnosisText.Count(group.Threads.Count, "thread")}", group.Threads);
            _buffer.Append(group.Threads.Count == 1 ? "" : ">\n").Append("  [").Append(does).Append(']').AppendLine();
        }
    }

    private void AppendThread(DumpThread thread)
    {
        _buffer.Append("<Thread(").Append(EscapedText.Plain(thread.DisplayName)).Append(", started ");
        if (thread.IsBackground is true)
            _buffer.Append("background ");
        _buffer.Append(thread.OsId.Value).Append(")>").AppendLine();
    }

    /// <summary>By kernel id, which this format shows in a thread's line.</summary>
    private static string Reference(DumpThread thread) => $"\"{EscapedText.Quoted(thread.DisplayName)}\" tid={thread.OsId}";

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
        $"  [Previous {(run.Period > 1 ? $"{run.Period} lines" : "line")} repeated {run.Repeats - 1} more times]\n");

    private void AppendNativeThreads()
    {
        if (_view.NativeThreads.Count == 0)
            return;
        _buffer.Append(Separator).AppendLine();
        foreach (var thread in _view.NativeThreads)
            _buffer.Append("<NativeThread(").Append(EscapedText.Plain(thread.Name)).Append(", started ").Append(thread.OsId.Value).Append(")>").AppendLine();
    }

    /// <summary>What is missing of the stack. It is shown where the missing calls would be, before the others.</summary>
    private static string? Missing(StackGroup group) => group.First.Completeness switch
    {
        StackCompleteness.Truncated => "Earlier calls not walked: a limit was reached",
        StackCompleteness.Broken => "Earlier calls not walked: the runtime could not continue",
        StackCompleteness.NotWalked => "Not walked: a limit was reached before",
        _ when group.Length > 0 => null,
        _ => group.First.Frames.Count > 0 ? "Hidden frames only" : "No managed frames",
    };

    private static string FormatFrame(DumpFrame frame)
    {
        string method = EscapedText.Plain(frame.Method.FullName);
        if (frame.Source is not { } source)
            return $"  File \"<{EscapedText.QuotedPath(FileStandIn(frame))}>\", in {method}\n";

        string line = FormattableString.Invariant($"  File \"{EscapedText.QuotedPath(source.Path)}\", line {source.Line}, in {method}{(source.IsApproximate ? DiagnosisText.Approximate : "")}\n");
        return SourceLine.Find(source) is { } text ? $"{line}    {text}\n" : line;
    }

    /// <summary>Replaces the file of a frame without one, like <c>&lt;string&gt;</c> in Python.</summary>
    private static string FileStandIn(DumpFrame frame) =>
        frame.Module is { } module ? module.Name : frame.Kind is FrameKind.Native ? "native" : "dynamic";
}
