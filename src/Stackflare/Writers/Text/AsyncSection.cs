using Stackflare.Analysis;
using Stackflare.Model;
using Stackflare.Views;

namespace Stackflare.Writers.Text;

/// <summary>The parts of the text formats about async stacks.</summary>
internal sealed class AsyncSection(RenderBuffer buffer, DumpView view, TextDialect dialect)
{
    /// <summary>How many groups of tasks are shown one by one under one stack, on all levels together.</summary>
    private const int MaxBranches = 40;

    private readonly FrameLines _frames = new(buffer, view.Options, dialect);

    private int _branchesLeft;

    /// <summary>How many hidden frames are left out, counted in every stack that contains them.</summary>
    public long HiddenFrames { get; private set; }

    /// <summary>Writes async stacks that are alike.</summary>
    public void Append(AsyncStackGroup group)
    {
        Begin();
        _branchesLeft = MaxBranches;
        buffer.Append(dialect.OutermostFirst ? "<" : "");
        AppendCount(group.Count);
        buffer.Append(' ').Append(AsyncWaitText.Describe(group, dialect.Reference))
            .Append(UnchangedText.After(view.Dump, view.UnchangedIn(group), group.Count)).Append(dialect.OutermostFirst ? ">" : "").AppendLine();
        AppendStack(group, before: "", depth: 0);
        End();
    }

    /// <summary>Writes what async stacks wait for, under their frames, which are already written.</summary>
    public void AppendEnd(AsyncStackGroup group, string before)
    {
        _branchesLeft = MaxBranches;
        buffer.Append(before).Append(dialect.Indentation).Append("- ").Append(AsyncWaitText.Describe(group, dialect.Reference))
            .Append(UnchangedText.After(view.Dump, view.UnchangedIn(group), group.Count)).AppendLine();
        CountHidden(group, VisibleFrames.Of(group.First.Frames, view.Options.ShowHidden).Count);
        AppendUnfinished(group, before, depth: 0);
        AppendBlocked(group, before);
    }

    /// <summary>Counts the hidden async callers of what the threads of a group run.</summary>
    public void CountHiddenCallers(StackGroup group) => CountHiddenCallers(group, VisibleFrames.Of(group.First.AsyncCallers, view.Options.ShowHidden).Count);

    /// <summary>Writes the async callers of what the threads of a group run, after a line that introduces them.</summary>
    public void AppendCallers(StackGroup group)
    {
        IReadOnlyList<DumpFrame> callers = group.First.AsyncCallers;
        if (!callers.Any(f => view.Options.ShowHidden || !f.IsHidden))
            return;
        string line = dialect.Callers(view.AwaitedMethodOf(group) is { } method ? EscapedText.Plain(method.FullName) : null);
        if (!dialect.OutermostFirst)
            buffer.Append(line);
        CountHiddenCallers(group, _frames.Append(callers, before: ""));
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

    private void AppendFrames(AsyncStackGroup group, string before) => CountHidden(group, _frames.Append(group.First.Frames, before));

    /// <summary>Threads of one group can have different numbers of hidden callers.</summary>
    private void CountHiddenCallers(StackGroup group, int visible) => HiddenFrames += group.Threads.Sum(t => (long)t.AsyncCallers.Count - visible);

    private void CountHidden(AsyncStackGroup group, int visible)
    {
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
        int shown = Shown(unfinished.Count, depth);
        foreach (AsyncStackGroup branch in unfinished.Take(shown))
        {
            buffer.Append(before).Append(dialect.Indentation).Append("- ").AppendCount(branch.Count).Append(' ')
                .Append(AsyncWaitText.Describe(branch, dialect.Reference)).Append(UnchangedText.After(view.Dump, view.UnchangedIn(branch, isInner: true), branch.Count)).AppendLine();
            AppendStack(branch, inner, depth + 1);
        }
        if (shown < unfinished.Count)
            AppendRest(unfinished[shown..], before);
        if (notFollowed > 0)
        {
            buffer.Append(before).Append(dialect.Indentation).Append("- ").AppendCount(notFollowed)
                .Append(notFollowed == 1 ? " more that was not followed" : " more that were not followed").AppendLine();
        }
    }

    /// <summary>How many groups of tasks are shown one by one. Deeper levels have fewer, because levels multiply.</summary>
    private int Shown(int groups, int depth)
    {
        if (view.Options.ShowHidden || !view.Options.GroupIdenticalStacks)
            return groups;
        int shown = Math.Min(groups, Math.Min(_branchesLeft, Math.Max(2, AsyncGroups.Branches >> depth)));
        _branchesLeft -= shown;
        return shown;
    }

    /// <summary>Writes one line for the groups of tasks that are not shown: how many wait for what, the most frequent first.</summary>
    private void AppendRest(List<AsyncStackGroup> groups, string before)
    {
        const int most = 4;
        (string What, long Count)[] kinds =
        [
            .. groups.GroupBy(static g => AsyncWaitText.Describe(g.Wait)).Select(static k => (k.Key, k.Aggregate(0L, static (sum, g) => AsyncStackGroup.Sum(sum, g.Count))))
                .OrderByDescending(static k => k.Item2),
        ];
        buffer.Append(before).Append(dialect.Indentation).Append("- and ").AppendCount(groups.Aggregate(0L, static (sum, g) => AsyncStackGroup.Sum(sum, g.Count)))
            .Append(" more in ").Append(DiagnosisText.Count(groups.Count, "group")).Append(": ");
        for (int i = 0; i < Math.Min(kinds.Length, most); i++)
            buffer.Append(i == 0 ? "" : ", ").AppendCount(kinds[i].Count).Append(' ').Append(kinds[i].What);
        if (kinds.Length > most)
            buffer.Append(", ").AppendCount(kinds[most..].Aggregate(0L, static (sum, k) => AsyncStackGroup.Sum(sum, k.Count))).Append(" others");
        buffer.Append(". ").Append(dialect.ShowsAll).Append(" shows them.").AppendLine();
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
