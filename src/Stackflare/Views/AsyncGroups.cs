using Stackflare.Analysis;

namespace Stackflare.Views;

/// <summary>
/// The async stacks of a dump in groups, and the stacks of the tasks that they wait for. For one write. Nested tasks can
/// be shared, which makes the number of paths exponential, so a budget limits how many are followed.
/// </summary>
/// <param name="dump">The dump.</param>
/// <param name="options">Whether equal stacks form one group, and whether all groups are shown.</param>
/// <param name="exact">Whether stacks that differ only in what is not shown are different groups.</param>
internal sealed class AsyncGroups(ThreadDump dump, RenderOptions options, bool exact)
{
    /// <summary>How deep nested tasks are shown. Each level takes three levels of JSON, and parsers usually accept 64.</summary>
    internal const int MaxDepth = 16;

    /// <summary>How many groups of tasks the text shows under a stack that waits for them.</summary>
    internal const int Branches = 8;

    /// <summary>The budget, in nested stacks. A group that is shown costs <see cref="CostOfGroup"/>.</summary>
    private const int Budget = 1_000_000, CostOfGroup = 250;

    private int _left = Budget;

    /// <summary>All groups: the largest first, groups of framework code last.</summary>
    public IReadOnlyList<AsyncStackGroup> All { get; } = Joined(AsyncStackGroup.Group(dump.AsyncStacks, options.GroupIdenticalStacks), options, exact);

    /// <summary>The groups that are shown one by one.</summary>
    public IEnumerable<AsyncStackGroup> Shown => options.ShowHidden ? All : All.Where(static g => !IsIdle(g));

    /// <summary>The groups that are only counted.</summary>
    public IEnumerable<AsyncStackGroup> Idle => options.ShowHidden ? [] : All.Where(IsIdle);

    /// <summary>The stacks of the incomplete tasks of all stacks of a group.</summary>
    /// <param name="group">The group.</param>
    /// <param name="depth">The nesting depth of the group.</param>
    /// <param name="notFollowed">The number of incomplete tasks that are not in the result.</param>
    public List<AsyncStackGroup> Unfinished(AsyncStackGroup group, int depth, out long notFollowed)
    {
        notFollowed = group.Open;
        if (depth >= MaxDepth || !group.Stacks.Any(static s => s.Stack.WaitingFor.Unfinished.Count > 0) || _left <= 0)
            return [];
        List<AsyncStackGroup> groups = Joined(AsyncStackGroup.Group(Behind(group)), options, exact);
        int shown = Math.Min(groups.Count, 1 + (Math.Max(0, _left) / CostOfGroup));
        groups.RemoveRange(shown, groups.Count - shown);
        _left -= shown * CostOfGroup;
        foreach (AsyncStackGroup branch in groups)
            notFollowed -= branch.Count;
        notFollowed = Math.Max(0, notFollowed);
        return groups;
    }

    private static List<AsyncStackGroup> Joined(List<AsyncStackGroup> groups, RenderOptions options, bool exact) =>
        exact || options.ShowHidden || !options.GroupIdenticalStacks ? groups : AsyncStackGroup.Join(groups);

    private List<(AsyncStack, long)> Behind(AsyncStackGroup group)
    {
        // A task with several awaiters is one object.
        var times = new Dictionary<AsyncStack, long>(ReferenceEqualityComparer.Instance);
        foreach (var (stack, count) in group.Stacks)
        {
            IReadOnlyList<AsyncStack> unfinished = stack.WaitingFor.Unfinished;
            for (int i = 0; i < unfinished.Count && _left > 0; i++, _left--)
                times[unfinished[i]] = AsyncStackGroup.Sum(times.GetValueOrDefault(unfinished[i]), count);
        }
        return [.. times.Select(static t => (t.Key, t.Value))];
    }

    /// <summary>For example a server's loop that accepts connections: normal, and in every dump.</summary>
    public static bool IsIdle(AsyncStackGroup group) =>
        group.First is { IsOfPlatform: true, BlockedThreads.Count: 0, WaitingFor.Kind: not AsyncWaitKind.Cycle };
}
