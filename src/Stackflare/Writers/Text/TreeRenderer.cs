using Stackflare.Analysis;
using Stackflare.Views;

namespace Stackflare.Writers.Text;

/// <summary>
/// The stacks of all threads and async stacks as one tree, outermost frame first: what they have in common is there once, with counts at the branches.
/// </summary>
internal sealed class TreeRenderer
{
    /// <summary>Deeper branches have the indentation of this level, and say their own.</summary>
    internal const int DeepestIndentation = 24;

    private readonly TextParts _parts;
    private readonly RenderBuffer _buffer;
    private readonly FrameLines _frames;
    private readonly TreeEnds _ends;
    private readonly MergedStacks _tree;
    private readonly List<DumpFrame> _chain = [];

    private TreeRenderer(DumpView view, TextStyle style, PooledBytes bytes)
    {
        _parts = new TextParts(view, style, bytes, outermostFirst: true);
        _buffer = _parts.Buffer;
        _frames = new FrameLines(_buffer, view.Options, _parts.Dialect);
        _ends = new TreeEnds(view, _parts, _frames);
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
            _ends.Append(entry, before: "");
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
                _ends.Append(entry, isEnd ? inner : Inner(inner, level + 1));
            }
            for (int i = frame.Calls.Count - 1; i >= 0; i--)
                open.Push((frame.Calls[i], inner, level + 1));
        }
    }

    /// <summary>The beginning of the lines of a branch. Bars, so that a source line cannot be mistaken for a frame.</summary>
    private static string Inner(string before, int level) => level is 0 or > DeepestIndentation ? before : $"{before}{TextParts.Indentation}| ";

    private void AppendBranch(string before) => _buffer.Append(before).Append(TextParts.Indentation).Append("- ");

    private void AppendCount(StackEntry entry) => AppendCount(entry.Threads?.Threads.Count ?? 0, entry.Async?.Count ?? 0);

    private void AppendCount(int threads, long asyncStacks) => _buffer.Begin(TextRole.Heading).Append(DiagnosisText.Counts(threads, asyncStacks)).End();

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
}
