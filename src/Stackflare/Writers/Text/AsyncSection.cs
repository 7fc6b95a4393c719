using Stackflare.Analysis;
using Stackflare.Model;
using Stackflare.Views;

namespace Stackflare.Writers.Text;

/// <summary>The parts of the text formats about async stacks.</summary>
internal sealed class AsyncSection(RenderBuffer buffer, DumpView view, TextDialect dialect)
{
    private readonly AsyncFrameLines _frames = new(buffer, view.Options, dialect);

    /// <summary>How many hidden frames are left out, counted in every stack that contains them.</summary>
    public long HiddenFrames { get; private set; }

    /// <summary>Writes async stacks that are alike.</summary>
    public void Append(AsyncStackGroup group)
    {
        Begin();
        buffer.Append(dialect.OutermostFirst ? "<" : "");
        AppendCount(group.Count);
        buffer.Append(' ').Append(AsyncWaitText.Describe(group, dialect.Reference))
            .Append(UnchangedText.After(view.Dump, view.UnchangedIn(group), group.Count)).Append(dialect.OutermostFirst ? ">" : "").AppendLine();
        AppendStack(group, before: "", depth: 0);
        End();
    }

    /// <summary>Writes the async callers of what the threads of a group run, after a line that introduces them.</summary>
    public void AppendCallers(StackGroup group)
    {
        IReadOnlyList<DumpFrame> callers = group.First.AsyncCallers;
        if (!callers.Any(f => view.Options.ShowHidden || !f.IsHidden))
            return;
        string line = dialect.Callers(view.AwaitedMethodOf(group) is { } method ? EscapedText.Plain(method.FullName) : null);
        if (!dialect.OutermostFirst)
            buffer.Append(line);
        // Threads of one group can have different numbers of hidden callers.
        int visible = _frames.Append(callers, before: "");
        HiddenFrames += group.Threads.Sum(t => (long)t.AsyncCallers.Count - visible);
        if (dialect.OutermostFirst)
            buffer.Append(line);
    }

    /// <summary>Writes one line for the framework's own async stacks; nothing if there are none.</summary>
    public void AppendIdle()
    {
        List<AsyncStackGroup> groups = [.. view.Async.Idle];
        if (groups.Count == 0)
            return;
        Begin();
        AppendCount(groups.Sum(static g => g.Count));
        buffer.Append(" of the framework only: ");
        NameSummary.Append(buffer, groups.Select(static g => (g.First.Frames is [.., var outermost] ? outermost.Method.FullName : "?", g.Count)));
        buffer.Append(". ").Append(dialect.ShowsAll).Append(groups is [{ Count: 1 }] ? " shows it." : " shows them.").AppendLine();
        End();
    }

    /// <summary>Writes the lines below a group's first line.</summary>
    /// <param name="group">The group.</param>
    /// <param name="before">The beginning of each line.</param>
    /// <param name="depth">The nesting depth of the group.</param>
    private void AppendStack(AsyncStackGroup group, string before, int depth)
    {
        if (!dialect.OutermostFirst)
        {
            AppendUnfinished(group, before, depth);
            AppendFrames(group, before);
            AppendTruncated(group, before);
            AppendBlocked(group, before);
        }
        else
        {
            AppendBlocked(group, before);
            AppendTruncated(group, before);
            AppendFrames(group, before);
            AppendUnfinished(group, before, depth);
        }
    }

    private void AppendFrames(AsyncStackGroup group, string before)
    {
        int visible = _frames.Append(group.First.Frames, before);
        foreach ((AsyncStack stack, long times) in group.Stacks)
            HiddenFrames = AsyncStackGroup.Sum(HiddenFrames, AsyncStackGroup.Product(stack.Frames.Count - visible, times));
    }

    private void AppendTruncated(AsyncStackGroup group, string before)
    {
        if (group.First.IsTruncated)
            buffer.Append(before).Append(dialect.Truncated);
    }

    private void AppendBlocked(AsyncStackGroup group, string before)
    {
        AppendBlocked([.. group.BlockedThreads.Where(static t => t.WaitingFor is not { IsForAny: true })], group.Count == 1 ? "this completes" : "these complete", before);
        AppendBlocked([.. group.BlockedThreads.Where(static t => t.WaitingFor is { IsForAny: true })], "this or another task completes", before);
    }

    private void AppendBlocked(DumpThread[] threads, string until, string before)
    {
        if (threads.Length == 0)
            return;
        buffer.Append(before).Append(dialect.Indentation).Append("- ").Append(LockLines.References(threads, dialect.Reference))
            .Append(threads.Length == 1 ? " is" : " are").Append(" blocked until ").Append(until).AppendLine();
    }

    private void AppendUnfinished(AsyncStackGroup group, string before, int depth)
    {
        // Deeper levels begin with bars, so that a source line cannot be mistaken for a frame.
        string inner = $"{before}{dialect.Indentation}| ";
        List<AsyncStackGroup> unfinished = view.Async.Unfinished(group, depth, out long notFollowed);
        foreach (AsyncStackGroup branch in unfinished)
        {
            buffer.Append(before).Append(dialect.Indentation).Append("- ").AppendCount(branch.Count).Append(' ')
                .Append(AsyncWaitText.Describe(branch, dialect.Reference)).Append(UnchangedText.After(view.Dump, view.UnchangedIn(branch, isInner: true), branch.Count)).AppendLine();
            AppendStack(branch, inner, depth + 1);
        }
        if (notFollowed > 0)
            buffer.Append(before).Append(dialect.Indentation).Append("- ").AppendCount(notFollowed).Append(" more that were not followed").AppendLine();
    }

    private void AppendCount(long stacks) => buffer.Begin(TextRole.Heading).Append(DiagnosisText.Count(stacks, "async stack")).End();

    private void Begin()
    {
        if (dialect.Separator is { } separator)
            buffer.Append(separator).AppendLine();
    }

    private void End()
    {
        if (dialect.Separator is null)
            buffer.AppendLine();
    }
}
