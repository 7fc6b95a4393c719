using System.Text;
using Stackflare.Model;

namespace Stackflare.Writers.Profiles;

/// <summary>
/// Makes names valid in lines of folded stacks, which have no quotes. Readers have rules: a semicolon ends a name, and the count is after
/// the last space. If there is another number between spaces before it, readers take it for the first of two counts to
/// compare. Some readers reverse stacks, so the last rule applies to every name, not only to the last one.
/// </summary>
internal static class FoldedName
{
    /// <param name="escaped">The name, in which <see cref="EscapedText"/> has replaced line breaks and control characters.</param>
    public static string Escape(string escaped)
    {
        // Like the scripts that fold the stacks of other tools.
        string name = escaped.Replace(';', ':').Trim();
        if (name.Length == 0)
            return "?";
        int space = name.Length - 1;
        while (space >= 0 && !char.IsWhiteSpace(name[space]))
            space--;
        return space >= 0 && Rune.IsDigit(Rune.GetRuneAt(name, space + 1))
            ? string.Concat(name.AsSpan(0, space), "_", name.AsSpan(space + 1))
            : name;
    }
}
