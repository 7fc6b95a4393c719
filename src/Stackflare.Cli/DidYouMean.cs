namespace Stackflare.Cli;

/// <summary>Finds the word that was probably meant by a mistyped one.</summary>
internal static class DidYouMean
{
    private const int MaxDistance = 2;

    /// <summary>The candidate that differs in case only, that begins with the word, or that differs in a few letters; null if there is none.</summary>
    public static string? Closest(string word, IEnumerable<string> candidates)
    {
        string? best = null;
        // Of one letter none can be wrong, of up to five one, of more two.
        int letters = word.TrimStart('-').Length, least = int.MaxValue, most = letters < 2 ? 0 : Math.Clamp(letters / 3, 1, MaxDistance);
        foreach (string candidate in candidates)
        {
            int distance = string.Equals(candidate, word, StringComparison.OrdinalIgnoreCase) ? 0
                : word.Length > 2 && candidate.StartsWith(word, StringComparison.OrdinalIgnoreCase) ? 1
                : Distance(word.ToUpperInvariant(), candidate.ToUpperInvariant());
            if (distance <= most && distance < least)
                (best, least) = (candidate, distance);
        }
        return best;
    }

    /// <summary>The sentence for a candidate, with a space before it; empty for none.</summary>
    public static string Sentence(string? candidate) => candidate is null ? "" : $" Did you mean '{candidate}'?";

    /// <summary>How many letters must be added, removed, replaced, or swapped with the next one.</summary>
    private static int Distance(string one, string other)
    {
        if (Math.Abs(one.Length - other.Length) > MaxDistance)
            return int.MaxValue;
        int[] before = new int[other.Length + 1], last = [.. Enumerable.Range(0, other.Length + 1)], row = new int[other.Length + 1];
        for (int i = 1; i <= one.Length; i++)
        {
            row[0] = i;
            for (int j = 1; j <= other.Length; j++)
            {
                row[j] = Math.Min(Math.Min(last[j], row[j - 1]) + 1, last[j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
            }
            (before, last, row) = (last, row, before);
        }
        return last[other.Length];
    }
}
