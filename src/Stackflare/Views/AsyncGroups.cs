using Stackflare.Analysis;

namespace Stackflare.Views;

/// <summary>
/// The async stacks of a dump in groups, and what stands behind the tasks that they wait for. For one rendering: what stands behind tasks within tasks may be the same
/// again and again, by more ways than could be gone, and so there is a bound on how much of it is looked at.
/// </summary>
/// <param name="dump">The dump.</param>
/// <param name="options">Whether stacks that are alike are one group, and whether all groups are shown.</param>
internal sealed class AsyncGroups(ThreadDump dump, RenderOptions options)
{
    /// <summary>How many tasks within tasks are shown. Three levels of JSON each, they leave room below the 64 that readers take as a rule.</summary>
    internal const int Deepest = 16;

    /// <summary>As much is looked at behind tasks: so many stacks, or one group that is shown for each <see cref="OfAGroup"/>.</summary>
    private const int Most = 1_000_000, OfAGroup = 250;

    private int _left = Most;

    /// <summary>All groups: the largest first, those of the platform alone last.</summary>
    public IReadOnlyList<AsyncStackGroup> All { get; } = AsyncStackGroup.Group(dump.AsyncStacks, options.GroupIdenticalStacks);

    /// <summary>Those that are shown one by one.</summary>
    public IEnumerable<AsyncStackGroup> Shown => options.All ? All : All.Where(static g => !IsIdle(g));

    /// <summary>Those that are only counted.</summary>
    public IEnumerable<AsyncStackGroup> Idle => options.All ? [] : All.Where(IsIdle);

    /// <summary>What stands behind the tasks that have not completed, of all the stacks of a group together.</summary>
    /// <param name="group">The group.</param>
    /// <param name="depth">How deep it is within others.</param>
    /// <param name="notFollowed">How many tasks that have not completed are left.</param>
    public List<AsyncStackGroup> Unfinished(AsyncStackGroup group, int depth, out long notFollowed)
    {
        notFollowed = group.Open;
        if (depth >= Deepest || group.Wait.Unfinished.Count == 0 || _left <= 0)
            return [];
        List<AsyncStackGroup> groups = AsyncStackGroup.Group(Behind(group));
        int shown = Math.Min(groups.Count, 1 + (Math.Max(0, _left) / OfAGroup));
        groups.RemoveRange(shown, groups.Count - shown);
        _left -= shown * OfAGroup;
        foreach (AsyncStackGroup branch in groups)
            notFollowed -= branch.Count;
        notFollowed = Math.Max(0, notFollowed);
        return groups;
    }

    private List<(AsyncStack, long)> Behind(AsyncStackGroup group)
    {
        // A task that several wait for is one object.
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
