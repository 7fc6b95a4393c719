namespace Stackflare.Rendering;

/// <summary>Puts async stacks that are alike together.</summary>
internal static class AsyncGroups
{
    /// <summary>
    /// How many tasks within tasks are shown, counted in the dump like those that were not looked at. Three levels of JSON each, they leave room below the
    /// 64 that readers take as a rule.
    /// </summary>
    internal const int Deepest = 16;

    /// <summary>The groups: the largest first, those of the platform alone last; groups of a size in the order of the dump.</summary>
    /// <param name="stacks">The stacks.</param>
    /// <param name="alike">Whether those that are alike are one group; else each is its own.</param>
    public static List<AsyncGroup> Of(IReadOnlyList<AsyncStack> stacks, bool alike)
    {
        var groups = new List<AsyncGroup>();
        var known = new Dictionary<AsyncStack, AsyncGroup>(AsyncStackShape.Comparer);
        AsyncGroup? group = null;
        for (int i = 0; i < stacks.Count; i++)
        {
            AsyncStack stack = stacks[i];
            // A dump has those that are alike together: most are found without a hash.
            bool isFound = alike && ((group is not null && AsyncStackShape.Comparer.Equals(group.First, stack)) || known.TryGetValue(stack, out group));
            if (!isFound)
            {
                group = new AsyncGroup();
                groups.Add(group);
                if (alike)
                    known.Add(stack, group);
            }
            group!.Add(stack);
        }
        return groups.Count < 2 ? groups : [.. groups.OrderBy(static g => g.First.IsOfPlatform).ThenByDescending(static g => g.Count)];
    }
}
