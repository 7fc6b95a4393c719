using System.Globalization;
using Stackflare.Analysis;
using Stackflare.Views;
using Stackflare.Writers.Text;

namespace Stackflare.Writers.Html;

/// <summary>
/// The merged stacks as nested lists, for browsers without scripts. What does not fit into the size is counted, so that the page stays small: the
/// data for the script has everything.
/// </summary>
internal sealed class HtmlTree(PooledBytes bytes, RenderOptions options, MergedStacks stacks, EndLines ends)
{
    /// <summary>The size of the lists.</summary>
    internal const int MaxBytes = 150_000;

    /// <summary>Deeper branches follow each other: browsers limit how deep elements are nested.</summary>
    private const int DeepestLevel = 24;

    private readonly RenderBuffer _buffer = new(bytes);
    private readonly int _begin = bytes.Written.Length;
    private long _leftOutThreads, _leftOutAsync;

    public void Write()
    {
        AppendEnds(stacks.Root);
        foreach (MergedFrame outermost in stacks.Root.Calls)
            AppendTree(outermost);
        string leftOut = DiagnosisText.Counts(_leftOutThreads, _leftOutAsync);
        if (leftOut.Length > 0)
            _buffer.Append("<p class=\"note\">").Append(leftOut).Append(" more. The page shows all with JavaScript; the formats text and tree do without.</p>\n");
    }

    /// <summary>Without recursion: a tree can be as deep as it has branches.</summary>
    private void AppendTree(MergedFrame outermost)
    {
        var open = new Stack<(MergedFrame? Frame, int Level)>([(outermost, 0)]);
        while (open.TryPop(out var branch))
        {
            if (branch.Frame is not { } frame)
            {
                _buffer.Append("</details>\n");
                continue;
            }
            (long threads, long async) = Shown(frame);
            if (threads + async == 0)
                continue;
            if (bytes.Written.Length - _begin > MaxBytes)
            {
                (_leftOutThreads, _leftOutAsync) = (_leftOutThreads + threads, _leftOutAsync + async);
                continue;
            }
            _buffer.Append("<details open><summary>").Append(DiagnosisText.Counts(threads, async)).Append(branch.Level > DeepestLevel ? $", level {branch.Level}" : "").Append("</summary>\n<ol>\n");
            frame = AppendChain(frame);
            _buffer.Append("</ol>\n");
            AppendEnds(frame);
            if (branch.Level >= DeepestLevel)
                _buffer.Append("</details>\n");
            else
                open.Push((null, branch.Level));
            for (int i = frame.Calls.Count - 1; i >= 0; i--)
                open.Push((frame.Calls[i], branch.Level + 1));
        }
    }

    /// <summary>How many threads and async stacks are not idle: the others are only in the data.</summary>
    private static (long Threads, long Async) Shown(MergedFrame frame) => (frame.Threads - frame.IdleThreads, frame.AsyncStacks - frame.IdleAsyncStacks);

    /// <summary>Writes the frames from a branch to the next one, and returns the last.</summary>
    private MergedFrame AppendChain(MergedFrame frame)
    {
        var chain = new List<int>();
        if (frame.Id < 0)
            _buffer.Append("<li>").Append(frame.Id == MergedStacks.Broken ? TextParts.Broken.Trim() : TextParts.Truncated.Trim()).Append("</li>\n");
        else
            chain.Add(frame.Id);
        for (; frame.IsLink; frame = frame.Calls[0])
            chain.Add(frame.Calls[0].Id);
        ReadOnlySpan<int> ids = chain.ToArray();
        for (int i = 0; i < ids.Length;)
        {
            var run = options.FoldRecursion ? StackRun.At(ids, i) : new StackRun(i, 1, 1);
            foreach (int id in ids.Slice(i, run.Period))
                AppendFrame(stacks.Frames[id]);
            if (run.Repeats > 1)
                _buffer.Append("<li class=\"note\">").Append(TextParts.Repeated(run).Trim()).Append("</li>\n");
            i = run.End;
        }
        return frame;
    }

    private void AppendFrame(DumpFrame frame)
    {
        var shown = new PageFrame(frame);
        _buffer.Append("<li>").Append(MarkupText.Escape(shown.Method));
        if (shown.File is not null)
        {
            _buffer.Append(" <small>").Append(MarkupText.Escape(shown.File)).Append(shown.Line.ToString("':line '0", CultureInfo.InvariantCulture))
                .Append(shown.IsApproximate ? DiagnosisText.Approximate : "").Append("</small>");
        }
        _buffer.Append(shown.Source is null ? "" : $"<code>{MarkupText.Escape(shown.Source)}</code>").Append("</li>\n");
    }

    private void AppendEnds(MergedFrame frame)
    {
        foreach (StackEntry entry in frame.Ends)
        {
            if (entry.IsIdle)
                continue;
            if (bytes.Written.Length - _begin > MaxBytes)
            {
                _ = entry.Threads is null ? _leftOutAsync += entry.Count : _leftOutThreads += entry.Count;
                continue;
            }
            foreach (string line in ends.Of(entry))
                _buffer.Append("<p>").Append(MarkupText.Escape(line)).Append("</p>\n");
        }
    }
}
