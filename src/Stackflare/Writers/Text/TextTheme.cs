namespace Stackflare.Writers.Text;

/// <summary>
/// Colours and links for a terminal. The text format asks for them where it writes; without a theme it has no escapes. What is marked is escaped before
/// (<see cref="Model.EscapedText"/>), so that no escape ever comes out of the dumped program.
/// </summary>
/// <param name="colours">Whether there are colours.</param>
/// <param name="linkHost">The machine that links to files name; null for no links.</param>
internal sealed class TextTheme(bool colours, string? linkHost)
{
    private const string Reset = "\e[0m", Bold = "\e[1m", Dim = "\e[2m", Red = "\e[31m", Yellow = "\e[33m", Cyan = "\e[36m";

    /// <summary>What stands before a piece of text.</summary>
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

    /// <summary>What stands after it.</summary>
    public string End => colours ? Reset : "";

    /// <summary>A text that leads to a file.</summary>
    /// <param name="path">The file's path, from the root.</param>
    /// <param name="text">The text.</param>
    public string Link(string path, string text) => linkHost is null
        ? text
        : $"\e]8;;file://{linkHost}{Uri.EscapeDataString(path).Replace("%2F", "/", StringComparison.Ordinal)}\e\\{text}\e]8;;\e\\";
}

internal static class TextThemes
{
    /// <summary>A piece of text as the theme shows it; as it is without one.</summary>
    public static string Mark(this TextTheme? theme, TextRole role, string text) => theme is null ? text : theme.Begin(role) + text + theme.End;
}
