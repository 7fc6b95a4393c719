using System.Buffers;
using System.Globalization;
using System.Text;
using Stackflare.Model;

namespace Stackflare.Writers;

/// <summary>Makes text valid in elements and attributes of XML and HTML. Control characters are the task of <see cref="EscapedText"/>.</summary>
internal static class MarkupText
{
    private static readonly SearchValues<char> Special = SearchValues.Create("&<>\"'\uFFFE\uFFFF");

    /// <summary>Characters that XML cannot have are shown as escapes.</summary>
    public static string Escape(string text)
    {
        if (!text.AsSpan().ContainsAny(Special))
            return text;
        var escaped = new StringBuilder(text.Length + 16);
        foreach (char c in text)
        {
            _ = c switch
            {
                '&' => escaped.Append("&amp;"),
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '"' => escaped.Append("&quot;"),
                '\'' => escaped.Append("&#39;"),
                '\uFFFE' or '\uFFFF' => escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"),
                _ => escaped.Append(c),
            };
        }
        return escaped.ToString();
    }
}
