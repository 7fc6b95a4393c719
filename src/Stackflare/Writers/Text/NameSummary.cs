using Stackflare.Model;

namespace Stackflare.Writers.Text;

/// <summary>
/// A short list of many names. Names that differ only in the number at the end become one with a star, and each is followed by
/// its count: <c>"worker-*" (110), "io"</c>.
/// </summary>
internal static class NameSummary
{
    /// <summary>How many distinct names are listed; the rest is counted.</summary>
    internal const int MaxNames = 8;

    private static readonly char[] Digits = [.. "0123456789"];

    public static void Append(RenderBuffer buffer, IEnumerable<string> names) => Append(buffer, names.Select(static n => (n, 1L)));

    /// <summary>The same for names that occur several times.</summary>
    public static void Append(RenderBuffer buffer, IEnumerable<(string Name, long Times)> names)
    {
        var counts = new Dictionary<string, (string First, long Count, bool Alike)>();
        var order = new List<string>();
        foreach (var (name, times) in names)
        {
            string stem = name.TrimEnd(Digits);
            if (!counts.TryGetValue(stem, out var entry))
            {
                order.Add(stem);
                entry = (name, 0, true);
            }
            counts[stem] = (entry.First, entry.Count + times, entry.Alike && entry.First == name);
        }

        long shown = 0;
        for (int i = 0; i < order.Count && i < MaxNames; i++)
        {
            var (first, count, alike) = counts[order[i]];
            shown += count;
            buffer.Append(i == 0 ? "\"" : ", \"").Append(EscapedText.Quoted(alike ? first : order[i] + "*")).Append('"');
            if (count > 1)
                buffer.Append(" (").AppendCount(count).Append(')');
        }
        if (order.Count > MaxNames)
        {
            long rest = counts.Values.Sum(static e => e.Count) - shown;
            buffer.Append(" and ").AppendCount(rest).Append(" with other names");
        }
    }
}
