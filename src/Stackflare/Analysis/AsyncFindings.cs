namespace Stackflare.Analysis;

/// <summary>Async methods that will never go on, and very many that wait at one place.</summary>
internal static class AsyncFindings
{
    private const int Fewest = 100, MostFrames = 20;

    /// <summary>Methods that wait for each other, or for themselves.</summary>
    public static IEnumerable<Finding> Circles(ThreadDump dump) =>
        dump.AsyncStacks.Where(static s => s.WaitingFor.Kind == AsyncWaitKind.Circle).GroupBy(static s => s, AsyncStackShape.Comparer).Select(static alike => new Finding(
            FindingKind.AsyncCircle,
            alike.Key.Frames.Count == 1 ? "An async method waits for itself, for ever" : "Async methods wait for each other, for ever",
            [.. alike.Key.Frames.Take(MostFrames).Select(static f => "at " + Words.Place(f))],
            [.. alike.SelectMany(static s => s.BlockedThreads).Distinct()])
        {
            Count = alike.Count(),
            Frames = [.. alike.Key.Frames.Select(f => new FindingFrame(f, alike.Count()))],
        });

    /// <summary>Hundreds of stacks that are alike: requests that hang, as a rule, and what they wait for is what is wrong.</summary>
    public static IEnumerable<Finding> ManyAlike(ThreadDump dump)
    {
        IReadOnlyList<AsyncStack> stacks = dump.AsyncStacks;
        // Those that are alike stand together.
        for (int first = 0, next; first < stacks.Count; first = next)
        {
            next = first + 1;
            while (next < stacks.Count && AsyncStackShape.Comparer.Equals(stacks[first], stacks[next]))
                next++;
            if (next - first >= Fewest && stacks[first].Frames.FirstOrDefault(static f => f is { IsHidden: false, Module.IsOfPlatform: false }) is { } frame)
            {
                yield return new Finding(FindingKind.ManyAsyncAlike, $"{Words.Count(next - first, "async stack")} wait at one and the same place", ["at " + Words.Place(frame)], [])
                {
                    Count = next - first,
                    Frames = [new FindingFrame(frame, next - first)],
                };
            }
        }
    }
}
