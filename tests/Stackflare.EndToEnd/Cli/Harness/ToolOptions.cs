namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>How the tool is started.</summary>
internal sealed record ToolOptions
{
    public static ToolOptions Default { get; } = new();

    /// <summary>A command before the tool's own that runs it.</summary>
    public IReadOnlyList<string> Launcher { get; init; } = [];

    /// <summary>Another copy of the tool; null for the one that the build made.</summary>
    public string? Executable { get; init; }

    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();
}
