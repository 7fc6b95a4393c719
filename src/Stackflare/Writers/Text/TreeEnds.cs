using Stackflare.Analysis;
using Stackflare.Model;
using Stackflare.Views;

namespace Stackflare.Writers.Text;

/// <summary>Writes what ends at a place of the merged stacks: threads, and what they or the async stacks wait for.</summary>
internal sealed class TreeEnds(DumpView view, TextParts parts, FrameLines frames)
{
    /// <summary>Of more threads at one place, only a summary is shown.</summary>
    private const int MaxThreads = 3;

    private readonly RenderBuffer _buffer = parts.Buffer;

    /// <summary>Writes the lines of an entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="before">The beginning of each line.</param>
    public void Append(StackEntry entry, string before)
    {
        if (entry.Threads is { } group)
            AppendThreads(group, before);
        else
            parts.Async.AppendEnd(entry.Async!, before);
    }

    private void AppendThreads(StackGroup group, string before)
    {
        parts.Async.CountHiddenCallers(group);
        if (view.AsyncMainOf(group) is { } main)
        {
            _buffer.Append(before).Append(TextParts.Indentation).Append("- waits for the async method ").Append(EscapedText.Plain(main.ToString()))
                .Append(LockLines.Times(group.First.WaitingFor!)).AppendLine();
        }
        else
        {
            for (int i = 0; i < (group.Notes?[0].Length ?? 0); i++)
                _buffer.Append(before).Append(parts.LockLines.Line(group, i));
            AppendCallers(group, before);
        }
        string after = group.Length == 0 ? $" ({TextParts.WithoutStack(group.First)})" : "";
        long? unchanged = view.UnchangedIn(group);
        if (group.Threads.Count > MaxThreads && !view.Options.ShowHidden)
        {
            _buffer.Append(before).Append(TextParts.Indentation).Append("= ");
            ThreadLines.AppendSummary(_buffer, DiagnosisText.Count(group.Threads.Count, "thread"), group.Threads);
            if (ThreadLines.Word(group.First.Activity) is { Length: > 0 } state)
                _buffer.Append("; ").Append(state);
            if (group.First.CurrentException is { } exception)
                _buffer.Append("; handling ").Append(EscapedText.Plain(ExceptionText.Describe(exception, group.Threads)));
            _buffer.Append(after).Append(UnchangedText.After(view.Dump, unchanged, group.Threads.Count)).AppendLine();
            return;
        }
        foreach (DumpThread thread in group.Threads)
        {
            _buffer.Append(before).Append(TextParts.Indentation).Append("= ");
            parts.AppendThread(thread);
            _buffer.Append(after).Append(unchanged is not null && view.Dump.Unchanged!.Has(thread) ? UnchangedText.After(view.Dump, 1, 1) : "").AppendLine();
        }
    }

    /// <summary>Writes the async callers that are not in the path.</summary>
    private void AppendCallers(StackGroup group, string before)
    {
        if (MergedStacks.FollowsCallers(view, group) || VisibleFrames.Of(group.First.AsyncCallers, view.Options.ShowHidden).Count == 0)
            return;
        string awaited = group.First.AwaitedFrame is { } frame ? EscapedText.Plain(frame.Method.FullName) : "this";
        _buffer.Append(before).Append(TextParts.Indentation).Append("- ").Append(awaited).Append(" is awaited by:").AppendLine();
        frames.Append(group.First.AsyncCallers, $"{before}{TextParts.Indentation}| ");
    }
}
