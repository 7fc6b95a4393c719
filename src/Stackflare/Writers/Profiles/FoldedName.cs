using System.Text;
using Stackflare.Model;

namespace Stackflare.Writers.Profiles;

/// <summary>
/// Makes names fit for lines of folded stacks. They stand there without quotes, and readers have rules: a semicolon ends a name, the
/// last space comes before the count, and if a number after a space is before that, too, it is taken for the first of two counts to
/// compare. As some readers turn stacks round, the last rule is kept for every name and not for the last alone.
/// </summary>
internal static class FoldedName
{
    /// <param name="escaped">The name, from which <see cref="EscapedText"/> has taken line breaks and control characters.</param>
    public static string Escape(string escaped)
    {
        // As the scripts that fold the stacks of other tools do.
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
