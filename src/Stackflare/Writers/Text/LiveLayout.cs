namespace Stackflare.Writers.Text;

/// <summary>Decides how much of each part of a screen is shown, so that the lines fit.</summary>
internal static class LiveLayout
{
    /// <summary>The lines of the parts, in their order.</summary>
    /// <param name="parts">The parts.</param>
    /// <param name="height">The height in lines; null for no limit.</param>
    /// <param name="most">How many entries a part has at most.</param>
    public static IReadOnlyList<string> Fit(IReadOnlyList<LivePart> parts, int? height, int most)
    {
        int left = height ?? int.MaxValue;
        var sizes = parts.Select(static p => new Size(p)).ToList();
        List<Size> byRank = [.. sizes.OrderBy(static s => s.Part.Rank)];
        // The title of each part and its first entry, the most important part first. Of an entry that does not fit, its beginning says most.
        foreach (Size size in byRank)
        {
            if (size.Part.Title is null || left == 0)
                continue;
            left--;
            size.Lines = 1;
            if (size.Part.Entries is [var first, ..])
                left -= size.Grow(Math.Min(first.Count, left));
        }
        // Then one more entry for each part in turn.
        while (byRank.Where(s => s.Lines > 0 && s.Entries < most && s.Next is { } next && next.Count <= left).MinBy(static s => s.Entries) is { } smallest)
            left -= smallest.Grow(smallest.Next!.Count);
        return [.. sizes.SelectMany(static s => s.Part.Entries.SelectMany(static e => e).Prepend(s.Part.Title ?? "").Take(s.Lines))];
    }

    /// <summary>How much of a part is shown.</summary>
    private sealed class Size(LivePart part)
    {
        public LivePart Part => part;

        public int Lines { get; set; }

        public int Entries { get; private set; }

        public IReadOnlyList<string>? Next => Entries < part.Entries.Count ? part.Entries[Entries] : null;

        public int Grow(int lines)
        {
            Lines += lines;
            Entries++;
            return lines;
        }
    }
}

/// <summary>A part of a screen.</summary>
/// <param name="Rank">How important it is, from 0: on a small screen, the parts with the lowest ranks stay.</param>
/// <param name="Title">Its first line; null for none.</param>
/// <param name="Entries">The lines of each entry.</param>
internal sealed record LivePart(int Rank, string? Title, IReadOnlyList<IReadOnlyList<string>> Entries);
