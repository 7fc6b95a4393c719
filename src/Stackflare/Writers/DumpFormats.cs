namespace Stackflare.Writers;

/// <summary>The formats by the names that the command line and the environment variables have for them.</summary>
internal static class DumpFormats
{
    private static readonly (string Name, DumpFormat Format)[] All =
    [
        ("text", DumpFormat.Text), ("traceback", DumpFormat.Traceback), ("json", DumpFormat.Json), ("folded", DumpFormat.Folded), ("speedscope", DumpFormat.Speedscope),
    ];

    /// <summary>The names, in the order in which they are listed.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(static f => f.Name)];

    /// <summary>The names as part of a sentence.</summary>
    public static string Choice { get; } = $"{string.Join(", ", Names.SkipLast(1))} or {Names[^1]}";

    /// <summary>Finds the format of a name. The case of its letters does not matter. Numbers and lists are no names.</summary>
    /// <param name="name">The name.</param>
    /// <param name="format">The format; <see cref="DumpFormat.Text"/> where there is none.</param>
    public static bool TryParse(string name, out DumpFormat format)
    {
        int index = Array.FindIndex(All, f => string.Equals(f.Name, name, StringComparison.OrdinalIgnoreCase));
        format = index < 0 ? DumpFormat.Text : All[index].Format;
        return index >= 0;
    }
}
