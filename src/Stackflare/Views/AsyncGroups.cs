using Stackflare.Analysis;

namespace Stackflare.Views;

/// <summary>
/// The async stacks of a dump in groups, and what stands behind the tasks that they wait for. For one writing: tasks that wait for tasks can
/// share them, which makes the number of paths exponential, and a budget bounds how many are followed.
/// </summary>
/// <param name="dump">The dump.</param>
/// <param name="options">Whether stacks that are alike are one group, and whether all groups are shown.</param>
internal sealed class AsyncGroups(ThreadDump dump, RenderOptions options)
{
    /// <summary>How deep tasks within tasks are shown. Each takes three levels of JSON, of which readers commonly accept 64.</summary>
    internal const int MaxDepth = 16;

    /// <summary>The budget, in stacks that are looked at behind tasks; a group that is shown costs as much as <see cref="CostOfGroup"/> of them.</summary>
    private const int Budget = 1_000_000, CostOfGroup = 250;

    private int _left = Budget;

    /// <summary>All groups: the largest first, those of the platform alone last.</summary>
    public IReadOnlyList<AsyncStackGroup> All { get; } = AsyncStackGroup.Group(dump.AsyncStacks, options.GroupIdenticalStacks);

    /// <summary>Those that are shown one by one.</summary>
    public IEnumerable<AsyncStackGroup> Shown => options.ShowHidden ? All : All.Where(static g => !IsIdle(g));

    /// <summary>Those that are only counted.</summary>
    public IEnumerable<AsyncStackGroup> Idle => options.ShowHidden ? [] : All.Where(IsIdle);

    /// <summary>What stands behind the tasks that have not completed, of all the stacks of a group together.</summary>
    /// <param name="group">The group.</param>
    /// <param name="depth">How deep it is within others.</param>
    /// <param name="notFollowed">How many tasks that have not completed are left.</param>
    public List<AsyncStackGroup> Unfinished(AsyncStackGroup group, int depth, out long notFollowed)
    {
        notFollowed = group.Open;
        if (depth >= MaxDepth || group.Wait.Unfinished.Count == 0 || _left <= 0)
            return [];
        List<AsyncStackGroup> groups = AsyncStackGroup.Group(Behind(group));
        int shown = Math.Min(groups.Count, 1 + (Math.Max(0, _left) / CostOfGroup));
        groups.RemoveRange(shown, groups.Count - shown);
        _left -= shown * CostOfGroup;
        foreach (AsyncStackGroup branch in groups)
            notFollowed -= branch.Count;
        notFollowed = Math.Max(0, notFollowed);
        return groups;
    }

    private List<(AsyncStack, long)> Behind(AsyncStackGroup group)
    {
        // A task that several await is one object.
        var times = new Dictionary<AsyncStack, long>(ReferenceEqualityComparer.Instance);
        foreach (var (stack, count) in group.Stacks)
        {
            IReadOnlyList<AsyncStack> unfinished = stack.WaitingFor.Unfinished;
            for (int i = 0; i < unfinished.Count && _left > 0; i++, _left--)
                times[unfinished[i]] = AsyncStackGroup.Sum(times.GetValueOrDefault(unfinished[i]), count);
        }
        return [.. times.Select(static t => (t.Key, t.Value))];
    }

    /// <summary>A server's loop that accepts connections, say: nobody's fault, and in every dump.</summary>
    private static bool IsIdle(AsyncStackGroup group) =>
        group.First is { IsOfPlatform: true, BlockedThreads.Count: 0, WaitingFor.Kind: not AsyncWaitKind.Circle };
}
