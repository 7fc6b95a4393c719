using System.Globalization;
using System.Text;

namespace Stackflare.Model;

/// <summary>
/// Makes text of the dumped process safe to show. Names, paths and source lines are data that the program, its users or an
/// attacker chose. A line break in a thread's name could fake a thread, an escape sequence could control the reader's terminal, and
/// a bidirectional override could show code in another order. Such characters are replaced by visible escapes.
/// </summary>
internal static class EscapedText
{
    /// <summary>Maximum number of characters of a name or path that are shown.</summary>
    internal const int LongestName = 4096;

    /// <summary>Maximum number of characters of a source line that are shown: a minified or generated file may be one line of megabytes.</summary>
    internal const int LongestSource = 240;

    /// <summary>For names and paths without quotes. Backslashes are not doubled, because paths of Windows builds contain them.</summary>
    public static string Plain(string text) => Escape(text, LongestName, quoted: default);

    /// <summary>For names in quotes. Quotes and backslashes are escaped too, so that a parser can restore the name.</summary>
    public static string Quoted(string text) => Escape(text, LongestName, quoted: "\"\\");

    /// <summary>For paths in quotes: quotes are escaped, backslashes are not.</summary>
    public static string QuotedPath(string text) => Escape(text, LongestName, quoted: "\"");

    /// <summary>For source lines. A tab becomes a space, because an escape would look like a <c>\t</c> in the code.</summary>
    public static string Source(string text) =>
        Escape(text.Contains('\t', StringComparison.Ordinal) ? text.Replace('\t', ' ') : text, LongestSource, quoted: default);

    private static string Escape(string text, int longest, ReadOnlySpan<char> quoted)
    {
        if (text.Length <= longest && !text.AsSpan().ContainsAnyExceptInRange(' ', '~') && (quoted.IsEmpty || !text.AsSpan().ContainsAny(quoted)))
            return text;

        var result = new StringBuilder(Math.Min(text.Length, longest) + 16);
        for (int i = 0; i < text.Length; i++)
        {
            if (i >= longest)
                return result.Append(CultureInfo.InvariantCulture, $"... ({text.Length - i:N0} more characters)").ToString();

            char c = text[i];
            if (char.IsSurrogate(c))
            {
                // Keep a surrogate pair together and use the category of its code point.
                if (i + 1 < text.Length && char.IsSurrogatePair(c, text[i + 1]) && IsHarmless(CharUnicodeInfo.GetUnicodeCategory(text, i)))
                    result.Append(c).Append(text[++i]);
                else
                    AppendCode(result, c);
            }
            else if (c is >= ' ' and <= '~')
            {
                if (quoted.Contains(c))
                    result.Append('\\');
                result.Append(c);
            }
            else if (IsHarmless(char.GetUnicodeCategory(c)))
            {
                result.Append(c);
            }
            else
            {
                AppendControl(result, c);
            }
        }
        return result.ToString();
    }

    private static bool IsHarmless(UnicodeCategory category) => category is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate);

    private static void AppendControl(StringBuilder result, char c)
    {
        switch (c)
        {
            case '\n': result.Append("\\n"); break;
            case '\r': result.Append("\\r"); break;
            case '\t': result.Append("\\t"); break;
            case '\0': result.Append("\\0"); break;
            default: AppendCode(result, c); break;
        }
    }

    private static void AppendCode(StringBuilder result, char c) =>
        result.Append("\\u").Append(((int)c).ToString("X4", CultureInfo.InvariantCulture));
}
