namespace Stackflare.Writers.Text;

/// <summary>What the text formats show in addition, and in which words. Other formats ignore it. Immutable.</summary>
internal sealed record TextStyle
{
    /// <summary>For a file, a log or a pipe of a program that uses the library.</summary>
    public static TextStyle Plain { get; } = new();

    /// <summary>Colours and links; null for none. The traceback format has none.</summary>
    public TextTheme? Theme { get; init; }

    /// <summary>What shows everything (<see cref="RenderOptions.ShowHidden"/>), by the name that the reader has for it: the subject of a sentence.</summary>
    public string ShowsAll { get; init; } = "The option ShowHidden";
}
