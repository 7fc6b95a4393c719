using Stackflare.Analysis;

namespace Stackflare.Views.Live;

/// <summary>How many async methods wait at the same place, and how many more than at the beginning. Not thread-safe.</summary>
internal sealed class AwaitGrowth
{
    private Dictionary<(string, AsyncWaitKind, string?), long>? _first;

    /// <summary>The places at the last dump: the program's own first, then by growth, then by count; null if no dump has async stacks.</summary>
    public IReadOnlyList<AwaitGroup>? Groups { get; private set; }

    /// <summary>The async stacks of a dump in groups, with those of the tasks that others wait for. Each stack counts once, however many wait for it.</summary>
    public static List<AsyncStackGroup> GroupsOf(ThreadDump dump)
    {
        var seen = new HashSet<AsyncStack>(ReferenceEqualityComparer.Instance);
        var open = new Stack<AsyncStack>(dump.AsyncStacks.Reverse());
        var all = new List<AsyncStack>();
        while (open.TryPop(out AsyncStack? stack))
        {
            if (!seen.Add(stack))
                continue;
            all.Add(stack);
            foreach (AsyncStack inner in stack.WaitingFor.Unfinished)
                open.Push(inner);
        }
        return AsyncStackGroup.Group(all);
    }

    /// <summary>Replaces the counts by those of a later dump.</summary>
    public void Add(IReadOnlyList<AsyncStackGroup> groups, Places places)
    {
        var now = new Dictionary<(string, AsyncWaitKind, string?), AwaitGroup>();
        foreach (AsyncStackGroup group in groups)
        {
            // What runs does not wait, and a task without a method has no place.
            if (AsyncGroups.IsIdle(group) || group.Wait.Kind is AsyncWaitKind.Running || places.Of(group.First) is not { Frame: { } frame, Owner: var owner })
                continue;
            var key = (DiagnosisText.Location(frame), group.Wait.Kind, group.Wait.Operation);
            now[key] = now.TryGetValue(key, out AwaitGroup? known)
                ? known with { Count = AsyncStackGroup.Sum(known.Count, group.Count) }
                : new AwaitGroup(frame, owner, group.Wait, group.Count, null);
        }
        if (_first is null)
            _first = now.ToDictionary(static g => g.Key, static g => g.Value.Count);
        else
            now = now.ToDictionary(static g => g.Key, g => g.Value with { Growth = g.Value.Count - _first.GetValueOrDefault(g.Key) });
        Groups = [.. now.Values.OrderByDescending(static g => g.Owner).ThenByDescending(static g => Math.Max(g.Growth ?? 0, 0)).ThenByDescending(static g => g.Count)];
    }
}

/// <summary>Async methods that wait at one place for the same kind of thing.</summary>
/// <param name="Frame">The place.</param>
/// <param name="Owner">Whose code it is.</param>
/// <param name="Wait">What one of them waits for.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Growth">How many more than at the beginning; null if that is not known yet.</param>
internal sealed record AwaitGroup(DumpFrame Frame, StackOwner Owner, AsyncWait Wait, long Count, long? Growth);
