using System.Runtime.CompilerServices;
using Stackflare.Model;
using Stackflare.Views;

namespace Stackflare.Writers.Text;

/// <summary>The default format: thread lines as in a JVM's thread dump, frames as .NET prints them in an exception.</summary>
internal sealed class TextRenderer
{
    private readonly DumpView _view;
    private readonly TextParts _parts;
    private readonly RenderBuffer _buffer;
    private readonly StackText _text;

    private TextRenderer(DumpView view, TextStyle style, PooledBytes bytes)
    {
        _view = view;
        _parts = new TextParts(view, style, bytes, outermostFirst: false);
        _buffer = _parts.Buffer;
        _text = new StackText(view.Stacks, _parts.FormatFrame, _parts.LockLines);
    }

    public static void Write(ThreadDump dump, RenderOptions options, TextStyle style, PooledBytes bytes)
    {
        using var view = new DumpView(dump, options);
        TerminalWidth.Fit(style.Width, bytes, destination => new TextRenderer(view, style, destination).Write());
    }

    private void Write() => _parts.Write(() => _view.Sections.Visit(AppendGroup, _parts.Async.Append));

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
                _buffer.Append(" without a stack (").Append(TextParts.WithoutStack(group.First)).Append(')').Append(unchanged).Append(':').AppendLine();
        }

        int inFull = ThreadLines.InFull(group, _view.Options);
        for (int i = 0; i < inFull; i++)
        {
            _parts.AppendThread(group.Threads[i]);
            // A single thread without a stack needs no second line for that.
            if (count == 1 && group.Length == 0)
                _buffer.Append(" (").Append(TextParts.WithoutStack(group.First)).Append(')');
            if (count == 1)
                _buffer.Append(unchanged);
            _buffer.AppendLine();
        }
        ThreadLines.AppendRest(_buffer, group, inFull);

        if (_view.AsyncMainOf(group) is { } main)
        {
            _buffer.Append(TextParts.Indentation).Append("waits for the async method ").Append(EscapedText.Plain(main.ToString()))
                .Append(LockLines.Times(group.First.WaitingFor!)).AppendLine().AppendLine();
            return;
        }
        Span<int> stack = _text.StackOf(group, out string before, out string after);
        _buffer.Append(before);
        AppendStack(stack);
        if (group.Length > 0)
            AppendEnd(group.First.Completeness);
        _buffer.Append(after);
        _parts.Async.AppendCallers(group);
        _buffer.AppendLine();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AppendStack(ReadOnlySpan<int> stack)
    {
        ReadOnlySpan<byte[]?> made = _text.Made;
        for (int i = 0; i < stack.Length;)
        {
            var run = _view.Options.FoldRecursion ? StackRun.At(stack, i) : new StackRun(i, 1, 1);
            foreach (int id in stack.Slice(i, run.Period))
                _buffer.Append(made[id] ?? _text.Make(id));
            if (run.Repeats > 1)
                _buffer.Append(TextParts.Repeated(run));
            i = run.End;
        }
    }

    private void AppendEnd(StackCompleteness completeness)
    {
        if (completeness is StackCompleteness.Truncated)
            _buffer.Append(TextParts.Truncated);
        else if (completeness is StackCompleteness.Broken)
            _buffer.Append(TextParts.Broken);
    }
}
