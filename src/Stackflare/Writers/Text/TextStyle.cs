namespace Stackflare.Writers.Text;

/// <summary>Additional settings of the text formats. Other formats ignore them. Immutable.</summary>
internal sealed record TextStyle
{
    /// <summary>For files, logs and pipes of programs that use the library.</summary>
    public static TextStyle Plain { get; } = new();

    /// <summary>Colours and links; null for none. The traceback format has none.</summary>
    public TextTheme? Theme { get; init; }

    /// <summary>The width of the reader's terminal, to which names and paths are shortened; null for no limit.</summary>
    public int? Width { get; init; }

    /// <summary>The reader's name for what shows everything (<see cref="RenderOptions.ShowHidden"/>), as the subject of a sentence.</summary>
    public string ShowsAll { get; init; } = "The option ShowHidden";
}
