using Stackflare.Analysis;
using Stackflare.Model;
using Stackflare.Views;

namespace Stackflare.Writers.Text;

/// <summary>
/// The stacks of all threads and async stacks as one tree, outermost frame first: what they have in common is there once, with counts at the branches.
/// </summary>
internal sealed class TreeRenderer
{
    /// <summary>Deeper branches have the indentation of this level, and say their own.</summary>
    internal const int DeepestIndentation = 24;

    /// <summary>Of more threads at one place, only a summary is shown.</summary>
    private const int MaxThreads = 3;

    private readonly DumpView _view;
    private readonly TextParts _parts;
    private readonly RenderBuffer _buffer;
    private readonly FrameLines _frames;
    private readonly MergedStacks _tree;
    private readonly List<DumpFrame> _chain = [];

    private TreeRenderer(DumpView view, TextStyle style, PooledBytes bytes)
    {
        _view = view;
        _parts = new TextParts(view, style, bytes, outermostFirst: true);
        _buffer = _parts.Buffer;
        _frames = new FrameLines(_buffer, view.Options, _parts.Dialect);
        _tree = new MergedStacks(view);
    }

    public static void Write(ThreadDump dump, RenderOptions options, TextStyle style, PooledBytes bytes)
    {
        using var view = new DumpView(dump, options);
        TerminalWidth.Fit(style.Width, bytes, destination => new TreeRenderer(view, style, destination).Write());
    }

    private void Write() => _parts.Write(() =>
    {
        foreach (MergedFrame outermost in _tree.Root.Calls)
        {
            AppendTree(outermost);
            _buffer.AppendLine();
        }
        foreach (StackEntry entry in _tree.Root.Ends)
        {
            AppendCount(entry);
            _buffer.AppendLine();
            AppendEnd(entry, before: "");
            _buffer.AppendLine();
        }
    });

    /// <summary>Without recursion: a tree can be as deep as it has branches.</summary>
    private void AppendTree(MergedFrame outermost)
    {
        var open = new Stack<(MergedFrame Frame, string Before, int Level)>();
        open.Push((outermost, "", 0));
        while (open.TryPop(out var branch))
        {
            (MergedFrame frame, string before, int level) = branch;
            if (level > 0)
                AppendBranch(before);
            AppendCount(frame.Threads, frame.AsyncStacks);
            _buffer.Append(level > DeepestIndentation ? FormattableString.Invariant($", level {level}") : "").AppendLine();
            string inner = Inner(before, level);
            frame = AppendChain(frame, inner);
            bool isEnd = frame is { Calls.Count: 0, Ends.Count: 1 };
            foreach (StackEntry entry in frame.Ends)
            {
                if (!isEnd)
                {
                    AppendBranch(inner);
                    AppendCount(entry);
                    _buffer.Append(" here").AppendLine();
                }
                AppendEnd(entry, isEnd ? inner : Inner(inner, level + 1));
            }
            for (int i = frame.Calls.Count - 1; i >= 0; i--)
                open.Push((frame.Calls[i], inner, level + 1));
        }
    }

    /// <summary>The beginning of the lines of a branch. Bars, so that a source line cannot be mistaken for a frame.</summary>
    private static string Inner(string before, int level) => level is 0 or > DeepestIndentation ? before : $"{before}{TextParts.Indentation}| ";

    private void AppendBranch(string before) => _buffer.Append(before).Append(TextParts.Indentation).Append("- ");

    private void AppendCount(StackEntry entry) => AppendCount(entry.Threads?.Threads.Count ?? 0, entry.Async?.Count ?? 0);

    private void AppendCount(int threads, long asyncStacks)
    {
        string[] counts = [.. new[] { threads > 0 ? DiagnosisText.Count(threads, "thread") : null, asyncStacks > 0 ? DiagnosisText.Count(asyncStacks, "async stack") : null }.OfType<string>()];
        _buffer.Begin(TextRole.Heading).Append(string.Join(" and ", counts)).End();
    }

    /// <summary>Writes the frames from a branch to the next one, and returns the last.</summary>
    private MergedFrame AppendChain(MergedFrame frame, string before)
    {
        _chain.Clear();
        if (frame.Id < 0)
            _buffer.Append(before).Append(frame.Id == MergedStacks.Broken ? TextParts.Broken : TextParts.Truncated);
        else
            _chain.Add(_tree.Frames[frame.Id]);
        for (; frame.IsLink; frame = frame.Calls[0])
            _chain.Add(_tree.Frames[frame.Calls[0].Id]);
        _chain.Reverse();
        _frames.AppendAll(_chain, before);
        return frame;
    }

    private void AppendEnd(StackEntry entry, string before)
    {
        if (entry.Threads is { } group)
            AppendThreads(group, before);
        else
            _parts.Async.AppendEnd(entry.Async!, before);
    }

    private void AppendThreads(StackGroup group, string before)
    {
        _parts.Async.CountHiddenCallers(group);
        if (_view.AsyncMainOf(group) is { } main)
        {
            _buffer.Append(before).Append(TextParts.Indentation).Append("- waits for the async method ").Append(EscapedText.Plain(main.ToString()))
                .Append(LockLines.Times(group.First.WaitingFor!)).AppendLine();
        }
        else
        {
            for (int i = 0; i < (group.Notes?[0].Length ?? 0); i++)
                _buffer.Append(before).Append(_parts.LockLines.Line(group, i));
            AppendCallers(group, before);
        }
        string after = group.Length == 0 ? $" ({TextParts.WithoutStack(group.First)})" : "";
        long? unchanged = _view.UnchangedIn(group);
        if (group.Threads.Count > MaxThreads && !_view.Options.ShowHidden)
        {
            _buffer.Append(before).Append(TextParts.Indentation).Append("= ");
            ThreadLines.AppendSummary(_buffer, DiagnosisText.Count(group.Threads.Count, "thread"), group.Threads);
            if (ThreadLines.Word(group.First.Activity) is { Length: > 0 } state)
                _buffer.Append("; ").Append(state);
            if (group.First.CurrentException is { } exception)
                _buffer.Append("; handling ").Append(EscapedText.Plain(ExceptionText.Describe(exception, group.Threads)));
            _buffer.Append(after).Append(UnchangedText.After(_view.Dump, unchanged, group.Threads.Count)).AppendLine();
            return;
        }
        foreach (DumpThread thread in group.Threads)
        {
            _buffer.Append(before).Append(TextParts.Indentation).Append("= ");
            _parts.AppendThread(thread);
            _buffer.Append(after).Append(unchanged is not null && _view.Dump.Unchanged!.Has(thread) ? UnchangedText.After(_view.Dump, 1, 1) : "").AppendLine();
        }
    }

    /// <summary>Writes the async callers that are not in the path.</summary>
    private void AppendCallers(StackGroup group, string before)
    {
        if (MergedStacks.FollowsCallers(_view, group) || VisibleFrames.Of(group.First.AsyncCallers, _view.Options.ShowHidden).Count == 0)
            return;
        string awaited = group.First.AwaitedFrame is { } frame ? EscapedText.Plain(frame.Method.FullName) : "this";
        _buffer.Append(before).Append(TextParts.Indentation).Append("- ").Append(awaited).Append(" is awaited by:").AppendLine();
        _frames.Append(group.First.AsyncCallers, $"{before}{TextParts.Indentation}| ");
    }
}
