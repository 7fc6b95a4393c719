using Stackflare.Analysis;

namespace Stackflare.Views;

/// <summary>Where most of the program's threads and async stacks are, by the innermost frame of the program's own code.</summary>
internal static class ProgramPlaces
{
    /// <summary>How many threads and async stacks a place has at least.</summary>
    private const int Min = 2;

    /// <summary>How many places are shown at most.</summary>
    internal const int Max = 6;

    /// <summary>The places with the most threads and async stacks, without those that deadlocks and findings name already.</summary>
    public static List<ProgramPlace> In(ThreadDump dump, IEnumerable<StackEntry> entries)
    {
        var named = new HashSet<DumpFrame>(SameFrame.Comparer);
        named.UnionWith(dump.Findings.SelectMany(static f => f.Frames).Select(static f => f.Frame));
        named.UnionWith(dump.Deadlocks.SelectMany(static d => d.Steps).Select(static s => s.Frame).OfType<DumpFrame>());
        var places = new Dictionary<DumpFrame, ProgramPlace>(SameFrame.Comparer);
        foreach (StackEntry entry in entries)
        {
            if (entry.Place is not { } frame || named.Contains(frame))
                continue;
            ProgramPlace place = places.GetValueOrDefault(frame) ?? new ProgramPlace(frame, 0, 0);
            places[frame] = entry.Threads is not null
                ? place with { Threads = place.Threads + entry.Count }
                : place with { AsyncStacks = AsyncStackGroup.Sum(place.AsyncStacks, entry.Count) };
        }
        return [.. places.Values.Where(static p => p.Threads + p.AsyncStacks >= Min).OrderByDescending(static p => p.Threads + p.AsyncStacks).Take(Max)];
    }
}

/// <summary>A place of the program.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Threads">How many threads are there.</param>
/// <param name="AsyncStacks">How many async stacks are there.</param>
internal sealed record ProgramPlace(DumpFrame Frame, long Threads, long AsyncStacks);
