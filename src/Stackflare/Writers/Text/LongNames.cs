using System.Text.RegularExpressions;

namespace Stackflare.Writers.Text;

/// <summary>Shortens the names in a text by a number of characters, or as far as that is possible.</summary>
internal static partial class LongNames
{
    private const string Ellipsis = "…";

    /// <summary>Leaves out namespaces and outer types from the middle of dotted names: <c>Microsoft…Infrastructure.Heartbeat.TimerLoop</c>. The longest name first.</summary>
    public static string WithoutNamespaces(string text, int over) => Shorten(text, over, DottedName(), '.', Ellipsis);

    /// <summary>Leaves out all of a dotted name except its last parts: <c>…Tasks.VoidTaskResult</c>. The longest name first.</summary>
    public static string OnlyEnds(string text, int over, int parts)
    {
        foreach (string name in ThreePartName().Matches(text).Select(static m => m.Value).Distinct().OrderByDescending(static n => n.Length))
        {
            if (over <= 0)
                break;
            string shorter = Ellipsis + string.Join('.', name.Split('.', '…')[^parts..]);
            if (shorter.Length >= name.Length)
                continue;
            over -= name.Length - shorter.Length;
            int at = text.IndexOf(name, StringComparison.Ordinal);
            text = text[..at] + shorter + text[(at + name.Length)..];
        }
        return text;
    }

    /// <summary>Leaves out directories from the middle of paths: <c>/src/…/Orders/Orders.cs</c>.</summary>
    public static string WithoutDirectories(string text, int over) => Shorten(text, over, RootedPath(), '/', $"/{Ellipsis}/");

    /// <summary>Replaces the parameters of a method by <c>(…)</c>.</summary>
    public static string WithoutParameters(string text, int over) =>
        over > 0 && Parameters().Match(text) is { Success: true, Length: > 3 } match ? text[..match.Index] + "(…)" + text[(match.Index + match.Length)..] : text;

    /// <summary>The beginning and the end of a text that is longer than that: <c>a worker with …a name</c>.</summary>
    public static string Middle(string text, int longest)
    {
        int end = longest / 3, start = longest - end - 1;
        // A pair of surrogates is one character.
        if (char.IsHighSurrogate(text[start - 1]))
            start--;
        if (char.IsLowSurrogate(text[^end]))
            end--;
        return text[..start] + Ellipsis + text[^end..];
    }

    private static string Shorten(string text, int over, Regex pattern, char separator, string gap)
    {
        while (over > 0)
        {
            // What was shortened already can lose more.
            Match? longest = null;
            string shorter = "";
            foreach (Match match in pattern.Matches(text))
            {
                if ((longest is null || match.Length > longest.Length) && WithoutOne(match.Value, separator, gap) is { } without)
                    (longest, shorter) = (match, without);
            }
            if (longest is null)
                return text;
            text = text[..longest.Index] + shorter + text[(longest.Index + longest.Length)..];
            over -= longest.Length - shorter.Length;
        }
        return text;
    }

    /// <summary>Without the first parts that may go and make it shorter: not the first one, and not the last two. Null if there are none.</summary>
    private static string? WithoutOne(string name, char separator, string gap)
    {
        string root = name[0] == separator ? name[..1] : "";
        string[] parts = name[root.Length..].Replace(gap, separator.ToString(), StringComparison.Ordinal).Split(separator);
        // The gap is as long as a short part.
        for (int next = 2; next <= parts.Length - 2; next++)
        {
            string shorter = $"{root}{parts[0]}{gap}{string.Join(separator, parts[next..])}";
            if (shorter.Length < name.Length)
                return shorter;
        }
        return null;
    }

    /// <summary>At least four parts, which may have generic arity and be shortened already.</summary>
    [GeneratedRegex(@"[\p{L}_<][\w`<>$|]*(?:[.…][\p{L}_<.][\w`<>$|]*){3,}")]
    private static partial Regex DottedName();

    [GeneratedRegex(@"(?<![\w/.…])[\p{L}_<][\w`<>$|]*(?:[.…][\p{L}_<.][\w`<>$|]*){2,}")]
    private static partial Regex ThreePartName();

    [GeneratedRegex(@"(?<![\w.<:/])/(?:[^\s/:""']+/){2,}[^\s/:""']+")]
    private static partial Regex RootedPath();

    [GeneratedRegex(@"\((?:[^()]|\([^()]*\))*\)(?=$| in |\.)")]
    private static partial Regex Parameters();
}
