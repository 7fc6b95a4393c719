namespace Stackflare.Writers.Text;

/// <summary>
/// Colours and links for a terminal. The text format uses them while it writes; without a theme, it has no escape sequences. Marked text is already
/// escaped (<see cref="Model.EscapedText"/>), so that no escape sequence can come from the dumped program.
/// </summary>
/// <param name="colours">Whether there are colours.</param>
/// <param name="linkHost">The machine name in links to files; null for no links.</param>
internal sealed class TextTheme(bool colours, string? linkHost)
{
    private const string Reset = "\e[0m", Bold = "\e[1m", Dim = "\e[2m", Red = "\e[31m", Yellow = "\e[33m", Cyan = "\e[36m";

    /// <summary>The escape sequence before a piece of text.</summary>
    public string Begin(TextRole role) => !colours ? "" : role switch
    {
        TextRole.Heading or TextRole.ThreadName => Bold,
        TextRole.Deadlock => Bold + Red,
        TextRole.Warning => Red,
        TextRole.Keyword or TextRole.NoLine => Dim,
        TextRole.Location => Cyan,
        TextRole.Source => Yellow,
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, null),
    };

    /// <summary>The escape sequence after it.</summary>
    public string End => colours ? Reset : "";

    /// <summary>A link to a file.</summary>
    /// <param name="path">The file's absolute path.</param>
    /// <param name="text">The text.</param>
    public string Link(string path, string text) => linkHost is null
        ? text
        : $"\e]8;;file://{linkHost}{Uri.EscapeDataString(path).Replace("%2F", "/", StringComparison.Ordinal)}\e\\{text}\e]8;;\e\\";
}

internal static class TextThemes
{
    /// <summary>A piece of text as the theme shows it; unchanged without a theme.</summary>
    public static string Mark(this TextTheme? theme, TextRole role, string text) => theme is null ? text : theme.Begin(role) + text + theme.End;
}
