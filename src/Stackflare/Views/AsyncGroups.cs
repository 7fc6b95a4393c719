namespace Stackflare.Views;

/// <summary>
/// Puts async stacks that are alike together. For one rendering: what stands behind tasks within tasks may be the same again and again, by more ways than could be
/// gone, and so there is a bound on how much of it is looked at.
/// </summary>
internal sealed class AsyncGroups
{
    /// <summary>How many tasks within tasks are shown. Three levels of JSON each, they leave room below the 64 that readers take as a rule.</summary>
    internal const int Deepest = 16;

    /// <summary>As much is looked at behind tasks: so many stacks, or one group that is shown for each <see cref="OfAGroup"/>.</summary>
    private const int Most = 1_000_000, OfAGroup = 250;

    private int _left = Most;

    /// <summary>The groups: the largest first, those of the platform alone last; groups of a size in the order of the dump.</summary>
    /// <param name="stacks">The stacks.</param>
    /// <param name="alike">Whether those that are alike are one group; else each is its own.</param>
    public static List<AsyncGroup> Of(IReadOnlyList<AsyncStack> stacks, bool alike = true) => Of(stacks.Select(static s => (s, 1L)), alike);

    /// <summary>What stands behind the tasks that have not completed, of all the stacks of a group together.</summary>
    /// <param name="group">The group.</param>
    /// <param name="depth">How deep it is within others.</param>
    /// <param name="notFollowed">How many tasks that have not completed are left.</param>
    public List<AsyncGroup> Unfinished(AsyncGroup group, int depth, out long notFollowed)
    {
        notFollowed = group.Open;
        if (depth >= Deepest || group.Wait.Unfinished.Count == 0 || _left <= 0)
            return [];
        List<AsyncGroup> groups = Of(Behind(group), alike: true);
        int shown = Math.Min(groups.Count, 1 + (Math.Max(0, _left) / OfAGroup));
        groups.RemoveRange(shown, groups.Count - shown);
        _left -= shown * OfAGroup;
        foreach (AsyncGroup branch in groups)
            notFollowed -= branch.Count;
        notFollowed = Math.Max(0, notFollowed);
        return groups;
    }

    private List<(AsyncStack, long)> Behind(AsyncGroup group)
    {
        // A task that several wait for is one object.
        var times = new Dictionary<AsyncStack, long>(ReferenceEqualityComparer.Instance);
        foreach (var (stack, count) in group.Stacks)
        {
            IReadOnlyList<AsyncStack> unfinished = stack.WaitingFor.Unfinished;
            for (int i = 0; i < unfinished.Count && _left > 0; i++, _left--)
                times[unfinished[i]] = AsyncGroup.Sum(times.GetValueOrDefault(unfinished[i]), count);
        }
        return [.. times.Select(static t => (t.Key, t.Value))];
    }

    private static List<AsyncGroup> Of(IEnumerable<(AsyncStack Stack, long Times)> stacks, bool alike)
    {
        var groups = new List<AsyncGroup>();
        var known = new Dictionary<AsyncStack, AsyncGroup>(AsyncStackShape.Comparer);
        AsyncGroup? group = null;
        foreach (var (stack, times) in stacks)
        {
            // A dump has those that are alike together: most are found without a hash.
            bool isFound = alike && ((group is not null && AsyncStackShape.Comparer.Equals(group.First, stack)) || known.TryGetValue(stack, out group));
            if (!isFound)
            {
                group = new AsyncGroup();
                groups.Add(group);
                if (alike)
                    known.Add(stack, group);
            }
            group!.Add(stack, times);
        }
        return groups.Count < 2 ? groups : [.. groups.OrderBy(static g => g.First.IsOfPlatform).ThenByDescending(static g => g.Count)];
    }
}
